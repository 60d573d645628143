"""A small Flux that draws handwritten digits: training and sampling."""
