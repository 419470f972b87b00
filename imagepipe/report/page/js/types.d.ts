/** What `report.json` holds (docs/report.md), for the checker alone: nothing of it is shipped. */

type Status = "done" | "changed" | "new" | "pending" | "failed" | "ambiguous" | "lost";

interface Picture {
  digest: string;
  extension: string;
  width: number | null;
  height: number | null;
  bytes: number | null;
  picture: string | null;
  thumbnail: string | null;
}

interface Failure {
  kind: string;
  message: string;
  http: number | null;
  code: string | null;
  billed: boolean | null;
  advice: string | null;
}

interface Attempt {
  attempt: number;
  state: string;
  at: string | null;
  message: string | null;
}

interface Change {
  name: string;
  old: string | null;
  new: string | null;
}

interface Earlier {
  key: string;
  provider: string;
  image: Picture;
  prompt: string | null;
  seed: number | null;
  cost: string | null;
  finished_at: string | null;
  changes: Change[];
}

type Held = "approved" | "rejected" | "retry" | "pending";

/** What is asked for in place of what the manifest says, as the review file has it. */
interface Retry {
  seed?: number | "new";
  take?: number;
  prompt?: string;
  negative_prompt?: string;
  provider?: string;
  model?: string;
}

interface Decided {
  held: Held;
  stale: boolean;
  decision: "approved" | "rejected" | "retry" | null;
  picture: string | null;
  note: string | null;
  retry: Retry | null;
  revision: string;
}

interface Commands {
  run: string;
  explain: string;
  retry: string | null;
  settle: string | null;
}

interface Entry {
  id: string;
  catalogue: string;
  spot: string;
  number: number;
  product: string;
  recipe: string;
  axes: Record<string, string>;
  index: number;
  tags: string[];
  path: string;
  status: Status;
  reason: string;
  key: string;
  provider: string;
  commands: Commands;
  model: string | null;
  prompt: string | null;
  negative_prompt: string | null;
  parameters: Record<string, unknown>;
  seed: number | null;
  price: string | null;
  cost: string | null;
  submitted_at: string | null;
  finished_at: string | null;
  seconds: number | null;
  attempts: number | null;
  ticket: string | null;
  image: Picture | null;
  edited: boolean;
  failure: Failure | null;
  history: Attempt[];
  earlier: Earlier[];
  review: Decided | null;
}

/** An entry of the review file, as it is written there. */
interface Said {
  decision?: string;
  picture?: string;
  note?: string;
  retry?: Retry;
}

/** One decision on its way to the server: `seen` is the revision that was looked at. */
interface Wish {
  id: string;
  seen: string;
  now: Said | null;
}

/** What a served page knows beside its pictures. */
interface Facts {
  files: string[];
  providers: Record<string, string[]>;
  retry: string[];
  version: number;
}

/** What the server tells of changes; `pictures` is null where all must be asked for. */
interface News {
  version: number;
  made_at: string;
  runs: number;
  trouble: string;
  pictures: Entry[] | null;
  all?: Entry[];
}

/** A price that is not what the tables say: US dollars a picture. */
interface Charged {
  provider: string;
  case: string;
  pictures: number;
  each: string;
  estimate: string | null;
}

interface Gallery {
  title: string;
  manifests: string[];
  rehearsal: boolean;
  made_at: string;
  program: string;
  pictures: Entry[];
  version: number;
  charged: Charged[];
}

/** What is looked at: filters, order, and the picture that is open. Kept in the address. */
interface State {
  q: string;
  status: string;
  catalogue: string;
  provider: string;
  recipe: string;
  tag: string;
  cost: string;
  decision: string;
  group: string;
  sort: string;
  size: string;
  open: string;
  view: string;
}

/** Pictures under one heading. */
interface Group {
  name: string;
  entries: Entry[];
}

/** Some pictures of a group side by side in one row; `first` of them says whose they are. */
interface Segment {
  group: Group;
  first: boolean;
  entries: Entry[];
  column: number;
}

interface Row {
  top: number;
  height: number;
  /** The place of its first picture in the order of all. */
  start: number;
  segments: Segment[];
}

/** Where everything is: rows from top to bottom, and for each picture its row and column. */
interface Layout {
  rows: Row[];
  height: number;
  columns: number;
  width: number;
  order: Entry[];
  rowOf: number[];
  columnOf: number[];
}
