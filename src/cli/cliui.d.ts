/** The part of cliui 9 that is used here; the package has no types of its own. */
declare module "cliui" {
  interface Cell {
    text: string;
    width: number;
    padding: [top: number, right: number, bottom: number, left: number];
  }
  interface Layout {
    div(...cells: Cell[]): void;
    toString(): string;
  }
  export default function cliui(options: { width: number; wrap: boolean }): Layout;
}
