#pragma once
/// Names the calling thread; Linux keeps the first 15 bytes.
void cplatform_name_this_thread(const char *name);
/// A counter descriptor (eventfd) that a poll can wait on; -1 where the kernel refuses.
int cplatform_wake_descriptor(void);
/// Turns the first SIGTERM and the first SIGINT into a count on the descriptor that is returned; the
/// second one ends the process as usual. -1 where the kernel refuses. To be called once.
int cplatform_catch_termination(void);
/// Waits until the descriptor counts; for a thread that may block.
void cplatform_wait_for_count(int descriptor);
/// Lets malloc keep an arena for each core, two at least, where glibc would have eight.
void cplatform_limit_arenas(void);
