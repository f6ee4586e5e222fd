// Server-sent events of one response, as { event, data, id } objects, however the bytes are cut.
export async function* eventsOf(response) {
  let event = "message", data = [], id = "0";
  for await (const line of linesOf(response.body)) {
    if (line === "") {
      if (data.length) yield { event, data: JSON.parse(data.join("\n")), id };
      event = "message";
      data = [];
      continue;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "event") event = value;
    if (field === "id") id = value;
    if (field === "data") data.push(value);
  }
}

/** Whole lines, ended by LF or CRLF; what is left unended when the stream closes was cut off and is dropped. */
async function* linesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (held + value).split("\n");
      held = lines.pop();
      for (const line of lines) yield line.replace(/\r$/, "");
    }
  } finally {
    reader.cancel().catch(() => {}); // a connection already lost cannot be closed
  }
}
