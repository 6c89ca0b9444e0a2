/* Inside of the engine, for core/ only: see minnow.h for what the others may know. */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include <pthread.h>

#include "core/minnow.h"
#include "core/pool.h"

struct engine {
	struct kern kern;
	struct pool *pool;
	pthread_mutex_t lock;		/* guards roof, and is held across a call into the pool while one is measured */
	double roof[ROOF_COUNT];	/* 0: not measured yet */
};

#endif
