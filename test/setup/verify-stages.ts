/**
 * @file Before every test file: whatever is compiled there, each stage's result is verified.
 */
import { verifyStages } from "../../compiler/checked.ts";

verifyStages(true);
