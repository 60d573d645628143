"""Export of diffusers transformers to ONNX, with their context-parallel plan and sample tensors."""
