/**
 * @file Before every test file: turns on the verification of each stage's result.
 */
import { verifyStages } from "../../compiler/checked.ts";

verifyStages(true);
