/** A text without the slashes at its end. Not by a pattern, which would look at each run of slashes anew from each of them. */
export function withoutFinalSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === "/") end -= 1;
  return text.slice(0, end);
}
