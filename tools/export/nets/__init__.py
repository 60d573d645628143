"""Small networks that diffusers does not have, one file each, written as is usual in their field."""
