"""One check a file; `tts_chaos.diagnosis.catalogue` names them all."""
