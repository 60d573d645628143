/**
 * @file A server that keeps one session and answers requests one after another, each with a deadline:
 *
 *     node examples/server.mjs flux.onnx flux.plan.json 8080
 *     curl -d '{"timestep": {"type": "float32", "dims": [1], "data": [0.5]}, ...}' localhost:8080/run
 *
 * The body has one tensor for each input, the answer one for each output. Answers: 200; 400 wrong feeds, with the diagnostics; 404, 405; 413 a body
 * above the limit; 503 with Retry-After, if too many requests wait, the session is being replaced, or the server stops; 504 after the deadline.
 * DEADLINE_MS, WAITING and BODY_MIB change the limits. SIGTERM answers what runs, and ends.
 */
import { createServer } from "node:http";
import { attach, compilePlan, ContextParallelError, formatDiagnostics } from "onnx-context-parallel";

const [model, plan, port = "8080"] = process.argv.slice(2);
const { DEADLINE_MS = "30000", WAITING = "8", BODY_MIB = "64" } = process.env;

const compiled = await compilePlan({ model, plan, parallel: { ulysses_degree: 2 } });
if (!compiled.ok) {
  console.error(formatDiagnostics(compiled.diagnostics));
  process.exit(1);
}
let session = await attach(compiled.program);
let waiting = 0;
let stopping = false;

/** Codes of the runtime after which the session cannot run again. */
const LOST = new Set(["CP6507", "CP6511"]);
const DEADLINE = "CP6508";
const ABORTED = "CP6509";

/** An answer that is not 200. */
class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    Object.assign(this, { status, headers });
  }
}

const busy = (message) => new Refusal(503, message, { "retry-after": "1" });

async function body(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > Number(BODY_MIB) * 2 ** 20)
      throw new Refusal(413, `the body has more than ${BODY_MIB} MiB`, { connection: "close" });
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch (error) {
    throw new Refusal(400, `the body is not JSON: ${error.message}`);
  }
}

/** Plain numbers as tensors; what is wrong with them, the session says. */
function feedsOf(given) {
  const { inputMetadata } = session;
  const wide = (type) => type === "int64" || type === "uint64";
  const arrays = {
    float32: Float32Array,
    float64: Float64Array,
    int32: Int32Array,
    int64: BigInt64Array,
    bool: Uint8Array,
  };
  const entries = Object.entries(given ?? {}).map(([name, value]) => {
    const type = value?.type ?? inputMetadata.find((input) => input.name === name)?.type;
    if (!(type in arrays) || !Array.isArray(value?.data)) return [name, value];
    try {
      return [name, { ...value, type, data: arrays[type].from(value.data, wide(type) ? BigInt : Number) }];
    } catch (error) {
      throw new Refusal(400, `${name} has data that is not ${type}: ${error.message}`);
    }
  });
  return Object.fromEntries(entries);
}

async function answer(request, response) {
  if (new URL(request.url, "http://localhost").pathname !== "/run") throw new Refusal(404, "there is only /run");
  if (request.method !== "POST") throw new Refusal(405, "send the feeds with POST", { allow: "POST" });
  if (stopping) throw busy("the server stops");
  // The session queues runs in order; without a bound the last in the queue would wait longer than anybody listens.
  if (waiting >= Number(WAITING)) throw busy(`${waiting} requests are waiting`);
  waiting += 1;
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  try {
    const feeds = feedsOf(await body(request));
    // The deadline covers the time in the queue as well.
    return await session.run(feeds, { deadlineMs: Number(DEADLINE_MS), signal: gone.signal });
  } finally {
    waiting -= 1;
  }
}

/** What a client is told, and what follows for the server. */
function refusalOf(error) {
  if (error instanceof Refusal) return error;
  if (!(error instanceof ContextParallelError)) return new Refusal(500, String(error));
  const text = formatDiagnostics(error.diagnostics);
  if (error.code.startsWith("CP60")) return new Refusal(400, text);
  if (error.code === DEADLINE) return new Refusal(504, text);
  if (error.code === ABORTED) return new Refusal(499, text);
  if (LOST.has(error.code)) void replace();
  return LOST.has(error.code) ? busy(text) : new Refusal(500, text);
}

let replacing = false;
/** A new session of the same program, whose temporary folder stays until the last session is released; requests meanwhile are answered with 503. */
async function replace() {
  if (replacing) return;
  replacing = true;
  const old = session;
  try {
    session = await attach(compiled.program);
    await old.release();
  } catch (error) {
    console.error(String(error));
  }
  replacing = false;
}

const numbers = ({ type, dims, data }) => ({ type, dims, data: Array.from(data, Number) });

const server = createServer(async (request, response) => {
  try {
    const outputs = await answer(request, response);
    const tensors = Object.entries(outputs).map(([name, tensor]) => [name, numbers(tensor)]);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(Object.fromEntries(tensors)));
  } catch (error) {
    const { status, message, headers } = refusalOf(error);
    if (!response.destroyed)
      response.writeHead(status, { "content-type": "text/plain", ...headers }).end(`${message}\n`);
  }
});

server.listen(Number(port), () => console.log(`listening on ${server.address().port}`));
process.once("SIGTERM", () => {
  stopping = true;
  server.close(() => void session.release());
  server.closeIdleConnections();
});
