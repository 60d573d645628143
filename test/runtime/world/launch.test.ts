/**
 * @file What launchers say in the environment.
 */
import { expect, test } from "vitest";
import { launchOf } from "../../../runtime/world/mpi/launch.ts";

test.each([
  ["mpirun of Open MPI", { OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "4" }, "Open MPI", 1, 4],
  ["srun --mpi=pmix", { PMIX_RANK: "3" }, "Open MPI", 3, null],
  ["mpirun of MPICH, srun --mpi=pmi2", { PMI_RANK: "0", PMI_SIZE: "2" }, "MPICH", 0, 2],
] as const)("%s", (_, environment, name, rank, size) => {
  expect(launchOf(environment)).toMatchObject({ flavour: { name }, rank, size });
});

test.each([{}, { PMI_RANK: "" }, { OMPI_COMM_WORLD_RANK: "one" }, { SLURM_PROCID: "0" }])(
  "no launcher: %o",
  (environment) => {
    expect(launchOf(environment)).toBeNull();
  },
);

test("the process manager of MPICH takes orders over a file", () => {
  expect(launchOf({ PMI_RANK: "0", PMI_FD: "6" })?.control).toBe(6);
  expect(launchOf({ OMPI_COMM_WORLD_RANK: "0", PMI_FD: "6" })?.control).toBeNull();
});
