// The one way this page makes elements: strings become text nodes, so nothing that arrives can become markup.
export function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child != null && child !== ""));
  return made;
}

export function button(className, press, ...children) {
  const made = element("button", className, ...children);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}
