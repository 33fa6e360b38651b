/** Types of `/static/consent/consent.js` and of `window.cookieConsent`. */

export type ConsentStatus = "undecided" | "decided" | "expired" | "gpc";

/** Where a choice was made; recorded with it. */
export type ConsentSource =
  "banner" | "preferences" | "page" | "placeholder" | "account" | "script" | "api";

export interface ConsentAnswer {
  status: ConsentStatus;
  categories: Record<string, boolean>;
  /** Names the record that proves an acceptance; null for a refusal. */
  record: string | null;
  receipt: string | null;
}

export interface ConsentChange {
  status: ConsentStatus;
  /** The optional categories that are allowed now, and those before. */
  categories: string[];
  previous: string[];
  /** A ConsentSource, or "tab" when another tab or the server changed it. */
  source: string;
}

export interface CookieConsent {
  readonly status: ConsentStatus;
  /** Unknown categories and states are `false`. */
  allows(category: string): boolean;
  /** Resolves once the server has stored the proof; rejects when it could not, and nothing runs. */
  acceptAll(source?: ConsentSource): Promise<ConsentAnswer>;
  /** Resolves at once, without the network; recorded when the network allows. */
  refuseAll(source?: ConsentSource): Promise<void>;
  save(
    choices: Record<string, boolean>,
    source?: ConsentSource,
  ): Promise<ConsentAnswer | void>;
  open(): Promise<void>;
  close(): Promise<void>;
  /** Resolves once `category` is allowed; may never do. */
  whenAllowed(category: string): Promise<void>;
}

export const cookieConsent: CookieConsent;

declare global {
  interface Window {
    cookieConsent: CookieConsent;
  }
  interface DocumentEventMap {
    "consent:ready": CustomEvent<{ status: ConsentStatus; categories: string[] }>;
    "consent:change": CustomEvent<ConsentChange>;
    "consent:error": CustomEvent<Error>;
    /** After a withdrawal: what was withdrawn, while it can still be named. */
    "consent:receipt": CustomEvent<{ record: string; receipt: string }>;
  }
}
