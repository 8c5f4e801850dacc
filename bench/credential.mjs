/** The credential that every contender holds and is asked for, the way git asks. */
export const HOST = "git.example.com";
export const USERNAME = "alice";
export const PASSWORD = "bench-secret-2f6c1d0e9b";

/** What git has to say to `git credential fill`. */
export const QUESTION = `protocol=https\nhost=${HOST}\n\n`;
export const CREDENTIAL = `protocol=https\nhost=${HOST}\nusername=${USERNAME}\npassword=${PASSWORD}\n\n`;
