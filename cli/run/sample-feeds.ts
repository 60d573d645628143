/**
 * @file Inputs for a model of which only the graph is known, as every command takes them.
 */
export { chosenInputs as sampleFeeds } from "../../compiler/simulate/inputs/inputs.ts";
