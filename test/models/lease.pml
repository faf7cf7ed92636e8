/* The lease protocol of platform/jobs (job.h, jobs.h), with every interleaving of WORKERS workers that may stall or die at any
 * point, a clock that may end a lease at any time, answers that get lost, housekeeping, and a person who makes a dead job live again.
 *
 * An `atomic` is a transaction. What lies between two of them may be interrupted by anybody.
 *
 * Promises (checked in every state; the last one by the claim `ends` under weak fairness):
 *   1  a job is in exactly one place: live or in history                           none is lost
 *   2  an effect commits at most once for a job, and exactly once where it is done
 *   3  who commits holds the lease: nobody else has leased the job since           a lost lease never commits
 *   4  a lease ends at most once, also where its end was told twice
 *   5  no attempt beyond the last; attempts only grow
 *   6  a key has as many places as it says, none is kept by the dead; in order
 *   7  every job ends
 *
 * MUTATION n breaks the protocol at one place; test/stages/27-models expects each to be found, by the promise that it breaks.
 *   1  end does not compare the attempt (3)         7  a death does not give the key's place on (6)
 *   2  the lease is checked before, apart (3)       8  a worker may renew for ever (7)
 *   3  a claim reads and writes apart (3)           9  a job that lives again begins to count anew (3)
 *   4  to history in two transactions (1)          10  the effect commits before the end, apart (2)
 *   5  lost leases are not leased again (7)        11  a last attempt is tried again (5)
 *   6  lost last attempts are left alone (7)       12  end does not ask whether there is a lease (4)
 *                                                  13  a job that lives again takes a place at once (6)
 */
#ifndef MUTATION
#define MUTATION 0
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef KEYED
#define KEYED 1       /* both jobs have one key, with one place and in order; 0: they have none */
#endif
#define JOBS 2
#define ATTEMPTS 2   /* of a job; as many more when it lives again */
#define RENEWALS 1   /* of a lease, until its attempt's time is over */
#define NOBODY 255
#define PROMISE(n, what) assert(n == n && (what))

mtype = { ready, later, held };

typedef Job {
  bool live = true;
  bool history;
  mtype phase = ready;
  byte attempt;
  byte most = ATTEMPTS;
  bool leased;
  bool ran_out;     /* the lease; its row is only that much older */
  bool done;        /* in history: done, else dead */
  byte effects;
  byte holder = NOBODY;      /* who leased it last; nobody looks at it but promise 3 */
  bool again;       /* it was made to live again */
};
Job jobs[JOBS];
byte admitted = KEYED;  /* of the key's one place: job_keys */

#define keyed(j) (KEYED)
#define ended(j) (jobs[j].history)
#define all_ended (ended(0) && ended(1))
#define leasable(j) (jobs[j].live && jobs[j].phase == ready && (jobs[j].attempt < jobs[j].most || MUTATION == 11) && \
                     (!jobs[j].leased || (jobs[j].ran_out && MUTATION != 5)))
#define has_place(j) (keyed(j) && jobs[j].live && jobs[j].phase != held)

inline check() {
  PROMISE(1, jobs[0].live != jobs[0].history && jobs[1].live != jobs[1].history);
  PROMISE(6, !KEYED || (has_place(0) + has_place(1) <= 1 && has_place(0) + has_place(1) == admitted));
}

/* The next of the key in order, where there is one. */
inline give_place_on(j) {
  if
  :: keyed(j) ->
     if
     :: jobs[0].live && jobs[0].phase == held -> jobs[0].phase = ready
     :: else ->
        if
        :: jobs[1].live && jobs[1].phase == held -> jobs[1].phase = ready
        :: else -> admitted = 0
        fi
     fi
  :: else
  fi
}

inline forget_lease(j) {
  jobs[j].leased = false;
  jobs[j].ran_out = false;
  jobs[j].holder = NOBODY
}

inline to_history(j, as_done, place_goes_on) {
  jobs[j].live = false;
  jobs[j].history = true;
  jobs[j].done = as_done;
  forget_lease(j);
  PROMISE(2, jobs[j].effects == (as_done -> 1 : 0));
  if
  :: place_goes_on -> give_place_on(j)
  :: else
  fi
}

/* Whether the lease (j, mine) is held. A lease that ran out and that nobody took is. */
#define fits(j, mine) (jobs[j].live && (jobs[j].leased || MUTATION == 12) && (jobs[j].attempt == mine || MUTATION == 1))
#define is_mine(j) (jobs[j].holder == _pid)

inline end_done(j, mine) {
#if MUTATION == 10
  atomic {
    if
    :: fits(j, mine) -> jobs[j].effects++; PROMISE(2, jobs[j].effects <= 1)
    :: else -> goto end_idle
    fi
  }
#endif
#if MUTATION == 2
  if
  :: fits(j, mine)
  :: else -> goto end_idle
  fi;
#endif
#if MUTATION == 4
  atomic {
    if
    :: fits(j, mine) -> jobs[j].live = false; jobs[j].leased = false; jobs[j].effects++
    :: else -> goto end_idle
    fi
  }
  atomic { jobs[j].history = true; jobs[j].done = true; give_place_on(j) }
  goto end_idle;
#endif
  atomic {
    if
    :: fits(j, mine) || (MUTATION == 2 && jobs[j].live) ->
       PROMISE(4, jobs[j].leased);
       PROMISE(3, is_mine(j) && jobs[j].attempt == mine);
       if
       :: MUTATION != 10 -> jobs[j].effects++
       :: else
       fi;
       to_history(j, true, true);
       check()
    :: else  /* lease_lost: the effect's transaction is rolled back */
    fi
  }
}

inline end_failed(j, mine) {
  atomic {
    if
    :: fits(j, mine) ->
       PROMISE(4, jobs[j].leased);
       PROMISE(3, is_mine(j) && jobs[j].attempt == mine);
       if
       :: jobs[j].attempt < jobs[j].most || MUTATION == 11 -> forget_lease(j); jobs[j].phase = later
       :: else -> to_history(j, false, true)
       fi;
       check()
    :: else
    fi
  }
}

inline claim(j) {
  jobs[j].attempt++;
  jobs[j].leased = true;
  jobs[j].ran_out = false;
  jobs[j].holder = _pid;
  PROMISE(5, jobs[j].attempt <= jobs[j].most);
  PROMISE(6, !KEYED || j != 1 || ended(0) || jobs[0].again)
}

proctype Worker() {
  byte j, mine, renewals;
end_idle:
  do
  :: atomic {
       if
       :: leasable(0) -> j = 0
       :: leasable(1) -> j = 1
       fi;
#if MUTATION == 3
       mine = jobs[j].attempt
     }
     atomic {
       jobs[j].attempt = mine;
#endif
       claim(j);
       mine = jobs[j].attempt;
       renewals = 0
     }
     do
     :: renewals < RENEWALS || MUTATION == 8 ->
        atomic {
          if
          :: fits(j, mine) -> jobs[j].ran_out = false; renewals = (MUTATION == 8 -> 0 : renewals + 1)
          :: else -> break  /* it was told that it has lost it */
          fi
        }
     :: break  /* it dies; another is started */
     :: true -> end_done(j, mine); break
     :: true -> end_done(j, mine); end_done(j, mine); break  /* the answer got lost, so it is told again */
     :: true -> end_failed(j, mine); break
     :: true -> end_failed(j, mine); end_failed(j, mine); break
     od;
     atomic { j = 0; mine = 0; renewals = 0 }
  od
}

proctype Clock() {
end:
  do
  :: atomic { jobs[0].leased && !jobs[0].ran_out -> jobs[0].ran_out = true }
  :: atomic { jobs[1].leased && !jobs[1].ran_out -> jobs[1].ran_out = true }
  od
}

#define lost_for_good(j) (jobs[j].live && jobs[j].leased && jobs[j].ran_out && jobs[j].attempt >= jobs[j].most && MUTATION != 6)
#define due(j) (jobs[j].live && jobs[j].phase == later)

/* Jobs::tend(): what is due becomes ready; a lost lease of a last attempt is the job's death. */
proctype Housekeeping() {
end:
  do
  :: atomic { lost_for_good(0) -> to_history(0, false, MUTATION != 7); check() }
  :: atomic { lost_for_good(1) -> to_history(1, false, MUTATION != 7); check() }
  :: atomic { due(0) -> jobs[0].phase = ready }
  :: atomic { due(1) -> jobs[1].phase = ready }
  od
}

/* Jobs::redrive() of job 0, at most once; or nobody looks. */
proctype Person() {
  atomic {
    if
    :: jobs[0].history && !jobs[0].done ->
       jobs[0].history = false;
       jobs[0].live = true;
       jobs[0].again = true;
       jobs[0].most = jobs[0].attempt + ATTEMPTS;
       if
       :: MUTATION == 9 -> jobs[0].attempt = 0; jobs[0].most = ATTEMPTS
       :: else
       fi;
       if
       :: !KEYED || admitted == 0 || MUTATION == 13 -> admitted = KEYED; jobs[0].phase = ready
       :: else -> jobs[0].phase = held
       fi;
       check()
    :: true
    fi
  }
}

/* Without it a state in which nobody can do anything would be no endless run, and promise 7 would not see it. */
proctype Idle() {
  bool same;
  do
  :: same = false
  od
}

init {
  atomic {
    byte n = 0;
    if
    :: KEYED -> jobs[1].phase = held
    :: else
    fi;
    do
    :: n < WORKERS -> run Worker(); n++
    :: else -> break
    od;
    run Clock();
    run Housekeeping();
    run Person();
    run Idle()
  }
}

/* For good: a job that lives again ends again. */
ltl ends { <> [] all_ended }
