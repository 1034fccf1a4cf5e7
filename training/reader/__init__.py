"""The plate reader: a grey crop in, characters with their probabilities out.

One line or two, one model. In this order, each a program with --help (paths below build/):

1. `make -C training fonts`: the open fonts plates are rendered with.
2. `pool`: renders plates into a pool on disk, for as long as training runs.
3. `teacher`, on train/ and on val/: what PP-OCR reads on the real plates, several ways each.
4. `real`, on both: which of its readings to believe; later again, with our reader's word.
5. `train`: on the pool and the real crops of train/; stop and resume at will.
6. `nothing`: more crops of train/, which the detector takes for plates and are none.
7. `cuts`: where the real plates can be cut between their characters, so that training puts parts of
   two together; then `train` again.
8. `calibrate`, on val/: a temperature, so that confidences mean something.
9. `export`: ONNX, its description, and its parity with torch.
10. `measure`: plates read without a fault, on true or shaken boxes.

`make -C training reader` does 3 to 9 once, beside a pool that is being filled (`make pool`).
"""
