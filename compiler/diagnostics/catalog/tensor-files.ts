/**
 * @file Errors in a file of tensors (.npz). Codes CP7500-7599.
 */
import type { Catalog } from "./catalog.ts";

export const tensorFileMessages: Catalog<{
  notFound: { file: string };
  unreadable: { file: string; reason: string };
  notZip: { file: string; reason: string };
  notArray: { array: string; reason: string };
  elem: { array: string; descr: string };
  fortranOrder: { array: string };
  tooLarge: { file: string; bytes: number; limit: number };
  crc: { file: string; member: string; stated: string; actual: string };
  header: { array: string; bytes: number; limit: number };
  size: { array: string; shape: string; expected: number; actual: number };
}> = {
  notFound: {
    code: "CP7501",
    severity: "error",
    title: "Tensor file not found",
    message: ({ file }) => `there is no file ${file}`,
    hint: () => "check the path; a relative path starts from the current folder",
  },
  unreadable: {
    code: "CP7502",
    severity: "error",
    title: "Unreadable tensor file",
    message: ({ file, reason }) => `${file} cannot be read: ${reason}`,
    hint: () => "give a file that numpy.savez wrote",
  },
  notZip: {
    code: "CP7503",
    severity: "error",
    title: "File that is not an .npz archive",
    message: ({ file, reason }) => `${file} is not an .npz archive: ${reason}`,
    hint: () => "write it with numpy.savez(file, name=array, ...), one array per input",
  },
  notArray: {
    code: "CP7504",
    severity: "error",
    title: "Archive entry that is not an array",
    message: ({ array, reason }) => `the entry "${array}" is not a numpy array: ${reason}`,
    hint: () => "write the file with numpy.savez(file, name=array, ...)",
  },
  elem: {
    code: "CP7505",
    severity: "error",
    title: "Array with an unsupported type",
    message: ({ array, descr }) => `the array "${array}" has the numpy type ${descr}, which is not supported`,
    hint: () => "convert it to float32, float64, float16, int64, int32 or bool (little-endian)",
  },
  fortranOrder: {
    code: "CP7506",
    severity: "error",
    title: "Array in column-major order",
    message: ({ array }) =>
      `the array "${array}" is stored in column-major (Fortran) order; row-major order is required`,
    hint: ({ array }) => `save numpy.ascontiguousarray(${array})`,
  },
  tooLarge: {
    code: "CP7508",
    severity: "error",
    title: "Archive too large when unpacked",
    message: ({ file, bytes, limit }) => `${file} has ${bytes} bytes, but its arrays unpack to more than ${limit}`,
    hint: () => "write such large arrays with numpy.savez, which does not compress",
  },
  crc: {
    code: "CP7509",
    severity: "error",
    title: "Damaged archive member",
    message: ({ file, member, stated, actual }) =>
      `the member "${member}" of ${file} is damaged: the CRC-32 of its content is ${actual}, but the archive states ${stated}`,
    hint: () => "write or copy the file again",
  },
  header: {
    code: "CP7510",
    severity: "error",
    title: "Array header too long",
    message: ({ array, bytes, limit }) => `the numpy header of "${array}" has ${bytes} bytes; the limit is ${limit}`,
    hint: () =>
      "write the array again with numpy.savez(file, name=array, ...), as a plain array without a structured type",
  },
  size: {
    code: "CP7507",
    severity: "error",
    title: "Truncated array",
    message: ({ array, shape, expected, actual }) =>
      `the array "${array}" has the shape [${shape}], which needs ${expected} bytes; the file holds ${actual}`,
    hint: () => "write or copy the file again",
  },
};
