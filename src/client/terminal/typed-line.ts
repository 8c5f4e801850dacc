import { stripVTControlCharacters } from "node:util";

/** A line as it is typed where the terminal shows nothing and leaves the editing to us. */
export class TypedLine {
  #text = "";

  /** Takes keys. @returns the line once it is whole, `end` if the person gave up (Ctrl-D on nothing), else undefined */
  type(keys: string): { readonly line: string } | "end" | undefined {
    // The keys with arrows, and what terminals put around what is pasted.
    for (const key of stripVTControlCharacters(keys)) {
      switch (key) {
        case "\r":
        case "\n":
          return { line: this.#text };
        case "\u0004":
          if (this.#text === "") return "end";
          break;
        case "\b":
        case "\u007F":
          this.#text = this.#text.replace(/.$/su, "");
          break;
        // Ctrl-U and Ctrl-W
        case "\u0015":
          this.clear();
          break;
        case "\u0017":
          this.#text = this.#text.replace(/\S*\s*$/, "");
          break;
        default:
          if (key >= " " || key === "\t") this.#text += key;
      }
    }
    return undefined;
  }

  clear(): void {
    this.#text = "";
  }
}
