// Server-sent events of one POST, as { event, data } objects, however the bytes are cut.
export async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value.replaceAll("\r", "");
    let end;
    while ((end = held.indexOf("\n\n")) >= 0) {
      const message = { event: "message", data: "" };
      for (const line of held.slice(0, end).split("\n")) {
        const [field, ...rest] = line.split(":");
        if (field === "event" || field === "data") message[field] = rest.join(":").replace(/^ /, "");
      }
      held = held.slice(end + 2);
      if (message.data) yield { event: message.event, data: JSON.parse(message.data) };
    }
  }
}
