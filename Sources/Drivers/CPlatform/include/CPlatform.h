#pragma once
/// Names the calling thread; Linux keeps the first 15 bytes.
void cplatform_name_this_thread(const char *name);
/// A counter descriptor (eventfd) that a poll can wait on; -1 where the kernel refuses.
int cplatform_wake_descriptor(void);
