/** What keeps programs of a person running. */
import type { Environment } from "../paths.ts";

/** The daemon as it is to be kept running. */
export interface Service {
  readonly node: string;
  readonly options: readonly string[];
  readonly daemon: string;
  /** Of its environment, what says which vault it is for. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface ServiceManager {
  readonly name: string;
  /** How it is kept running where nobody is logged in; undefined where that can't be. */
  readonly beyondLogin: string | undefined;
  /** Where it looks for what the person wants to have running. */
  readonly fileOf: (environment: Environment) => string;
  /** What is in that file. */
  readonly describe: (service: Service) => Promise<string>;
  /** Words with which it is asked whether it is there. */
  readonly presence: () => Command;
  /** Once the file is there, or has changed: what may fail where nothing was there before, and what has to be done. */
  readonly starting: (file: string) => { readonly ending?: Command; readonly steps: readonly Command[] };
  /** And what then has to fail, where to end what does not run is an error. */
  readonly stopping: () => { readonly step: Command; readonly presence?: Command };
}

/** A program and its arguments. */
export type Command = readonly [program: string, ...words: string[]];
