/**
 * @file The advice on meshes as text: the costs that it relies on, and a table for each number of devices.
 */
import { choiceText } from "../../advise/meshes.ts";
import type { Advice, CostModel, DevicesAdvice, ImpossibleMesh, MeshAdvice, SiteSchemes } from "../../advise/types.ts";
import { meshText } from "../../program/mesh.ts";
import { short, table } from "./table.ts";

export function printAdvice({ inputs, costs, single, devices }: Advice): string {
  const shapes = inputs.map(({ name, elem, shape }) => `${name} ${elem} [${shape.join(", ")}]`);
  const lines = [`inputs: ${shapes.join(", ")}`, ...costLines(costs)];
  if (single !== null) {
    const { rank, weights } = single.memory;
    lines.push(
      `one device: ${short(single.milliseconds)} ms; ${mebibytes(rank)} MiB of values, ${mebibytes(weights)} MiB of weights`,
    );
  }
  return [...lines.map((line) => `${line}\n`), ...devices.map((one) => section(one, costs.hosts !== null))].join("");
}

function costLines(costs: CostModel): readonly string[] {
  const { products, attention, memory, latency, bandwidth, hosts } = costs;
  const work = `${flops(products)} products, ${flops(attention)} attention, ${bytes(memory)} other operators`;
  const machine = costs.shared
    ? `measured on this machine: its ${costs.cores} cores, shared by the ranks`
    : costs.work === "measured"
      ? `measured on this machine: a device computes with all its ${costs.cores} cores`
      : "given, memory from the operations";
  const network = `${short(latency)} ms for each collective, and ${bytes(bandwidth)} from a device to others of its host`;
  const between = hosts === null ? "" : `; ${bytes(hosts.bandwidth)} from a host of ${hosts.devices} devices to others`;
  return [`work: ${work} (${machine})`, `exchange: ${network}${between} (${costs.exchange})`];
}

function section({ devices, take, meshes, impossible }: DevicesAdvice, hasHosts: boolean): string {
  const schemes = [...new Set(meshes.flatMap(({ attention }) => (attention === null ? [] : [schemesText(attention)])))];
  const columns = columnsFor(hasHosts, schemes);
  const rows = meshes.map((mesh) => columns.map(({ cell }) => cell(mesh)));
  const right = columns.flatMap((column, i) => (column.left === true ? [] : [i]));
  const header = columns.map(({ title }) => title);
  return [
    `\n${devices} device${devices === 1 ? "" : "s"}\n`,
    meshes.length === 0 ? "" : indented(table(header, rows, right)),
    take === null ? "" : `  take ${choiceText(take)}${taken(take.attention, schemes)}: ${take.why}\n`,
    ...schemes.flatMap((scheme, i) => [`  ${mark(i)} ${scheme}\n`, ...saved(scheme, meshes)]),
    ...refused(impossible).map((line) => `  impossible: ${line}\n`),
  ].join("");
}

/** As it is pasted into a plan. */
function schemesText(attention: SiteSchemes): string {
  const members = Object.entries(attention).map(([pattern, scheme]) => `${JSON.stringify(pattern)}: "${scheme}"`);
  return members.length === 0 ? '"$attention": {}' : `"$attention": { ${members.join(", ")} }`;
}

function mark(index: number): string {
  return `[${index + 1}]`;
}

function taken(attention: SiteSchemes | null, schemes: readonly string[]): string {
  return attention === null ? "" : ` with ${mark(schemes.indexOf(schemesText(attention)))}`;
}

/** What each mesh sends with these schemes and without them, in the order of the table. */
function saved(scheme: string, meshes: readonly MeshAdvice[]): readonly string[] {
  return meshes.flatMap((mesh) => {
    const { attention } = mesh;
    if (attention === null || schemesText(attention) !== scheme) return [];
    const name = choiceText(mesh);
    const plain = meshes.find((other) => other.attention === null && choiceText(other) === name);
    const [own, before] = [mesh, plain].map((one) => (one?.sent ?? []).reduce((a, b) => a + b, 0));
    const all = `${megabytes(own!)} MB sent by all ranks`;
    const compared =
      plain === undefined
        ? "; impossible without"
        : ` instead of ${megabytes(before!)} (${((100 * (before! - own!)) / before!).toFixed(1)}% less)`;
    return [`      ${name}: ${all}${compared}\n`];
  });
}

interface Column {
  readonly title: string;
  readonly left?: true;
  readonly cell: (mesh: MeshAdvice) => string;
}

const columns: readonly (Column & { readonly hosts?: true })[] = [
  { title: "mesh", left: true, cell: (mesh) => meshText(mesh) },
  { title: "rotation", left: true, cell: ({ rotate_method }) => rotate_method ?? "-" },
  { title: "ms", cell: ({ milliseconds }) => short(milliseconds) },
  { title: "speedup", cell: ({ speedup }) => (speedup === null ? "-" : speedup.toFixed(2)) },
  { title: "sent, MB", cell: ({ sent }) => megabytes(Math.max(...sent)) },
  { title: "to hosts, MB", hosts: true, cell: (mesh) => megabytes(Math.max(...mesh.sent_between_hosts)) },
  { title: "collectives", cell: ({ collectives }) => String(collectives) },
  { title: "MiB per rank", cell: ({ memory }) => mebibytes(memory.rank) },
  { title: "work", cell: (mesh) => percent(mesh, "work") },
  { title: "exchange", cell: (mesh) => percent(mesh, "exchange_inside") },
  { title: "between hosts", hosts: true, cell: (mesh) => percent(mesh, "exchange_between") },
  { title: "waiting", cell: (mesh) => percent(mesh, "waiting") },
];

function columnsFor(hasHosts: boolean, schemes: readonly string[]): readonly Column[] {
  const shown = columns.filter(({ hosts }) => hasHosts || hosts === undefined);
  if (schemes.length === 0) return shown;
  const cell = ({ attention }: MeshAdvice): string =>
    attention === null ? "plan" : mark(schemes.indexOf(schemesText(attention)));
  return shown.toSpliced(2, 0, { title: "sites", left: true, cell });
}

/** Of meshes with one reason, how many are named. */
const NAMED = 2;

/** Meshes with the same reason on one line. */
function refused(impossible: readonly ImpossibleMesh[]): readonly string[] {
  const reasons = [...new Set(impossible.map(reasonOf))];
  return reasons.map((reason) => {
    const meshes = impossible.filter((mesh) => reasonOf(mesh) === reason).map(choiceText);
    const rest = meshes.length - NAMED;
    return `${meshes.slice(0, NAMED).join("; ")}${rest > 0 ? `; and ${rest} more` : ""}: ${reason}`;
  });
}

function reasonOf({ code, reason }: ImpossibleMesh): string {
  return `${code} ${reason}`;
}

function percent({ parts, milliseconds }: MeshAdvice, part: keyof MeshAdvice["parts"]): string {
  return milliseconds === 0 ? "-" : `${((100 * parts[part]) / milliseconds).toFixed(1)}%`;
}

function megabytes(size: number): string {
  return short(size / 1e6);
}

function mebibytes(size: number): string {
  const amount = size / 2 ** 20;
  return amount < 10 ? amount.toFixed(1) : amount.toFixed(0);
}

const PREFIXES = [
  ["P", 1e15],
  ["T", 1e12],
  ["G", 1e9],
  ["M", 1e6],
  ["", 1],
] as const;

function flops(rate: number): string {
  return withPrefix(rate, "FLOP/s");
}

function bytes(rate: number): string {
  return withPrefix(rate, "B/s");
}

function withPrefix(rate: number, unit: string): string {
  const [prefix, size] = PREFIXES.find(([, least]) => rate >= least) ?? ["", 1];
  return `${short(rate / size)} ${prefix}${unit}`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
