/* The saga of platform/sagas (saga.h, saga_machine.h), with every interleaving of two workers that may stall or die at any point,
 * calls that come late, answers that get lost, services that fail or refuse, the saga's deadline, and a person who resumes it.
 *
 * An `atomic` is a transaction: of the saga's database, or of a service's. Steps 0 and 1 have compensations, step 2 is the pivot and
 * has none, step 3 comes after it. All are calls to services elsewhere, which is the harder case: a step whose effect is in the
 * saga's own database commits with the saga's move.
 *
 * Promises (checked in every state; the last one by the claim `ends` under weak fairness):
 *   1  completed: every effect stands; compensated: none stands, and none comes any more
 *   2  the effect of an action happens at most once
 *   3  nothing is compensated once the pivot's effect is there
 *   4  no action takes effect after its compensation, also where that came first (tombstone)
 *   5  effects come in order and are taken back in reverse
 *   6  a saga that runs or compensates has a command queued, of the number that stands in its row
 *   7  it ends: completed, compensated, or parked for a person
 *
 * MUTATION n breaks it at one place; test/stages/27-models expects each to be found, by the promise that it breaks.
 *   1  a compensation without its action leaves no tombstone (4)   7  only steps known as done are compensated (1)
 *   2  a service forgets its idempotency keys (2)                  8  a service does not keep to its refusal (3)
 *   3  an unknown pivot turns back (3)                             9  a compensation's attempts used up: called compensated (1)
 *   4  an old command's answer counts (1)                         10  the deadline turns back after the pivot (3)
 *   5  state and command commit apart (6)                         11  lost attempts do not count (7)
 *   6  compensation goes in the order of the steps (5)
 *
 * What is left to people and so not modelled: skipping a step, and compensating a saga that is parked at a pivot whose outcome is
 * unknown. Both are an operator's word that it has looked.
 */
#ifndef MUTATION
#define MUTATION 0
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#define STEPS 4
#define PIVOT 2
#define ATTEMPTS 2    /* of an action that may turn back */
#define PARK_AFTER 2  /* of what has to succeed */
#define PROMISE(n, what) assert(n == n && (what))

mtype = { running, compensating, parked, completed, compensated, done, failed, refused };

/* The saga's row, and the job of its command. */
mtype state = running;
bool back;
short step;
byte attempts;
byte command;
byte queued;  /* the newest job's command */
byte taken;   /* how often that job was leased */

/* The services, by step. */
bool effect[STEPS];
bool tombstone[STEPS];
bool kept_refusal[STEPS];
bool happened[STEPS];  /* only promises 2 and 4 look at these two */
bool undone[STEPS];

#define goes_on (state == running || state == compensating)
#define may_run (goes_on && queued == command)

inline check() {
  PROMISE(1, state != completed || (effect[0] && effect[1] && effect[2] && effect[3]));
  PROMISE(1, state != compensated || (!effect[0] && !effect[1] && !effect[2] && !effect[3]));
  PROMISE(6, !goes_on || queued == command)
}

inline new_command() {
  command++;
  taken = 0;
  if
  :: MUTATION != 5 -> queued = command
  :: else
  fi
}

/* saga_machine: undo_from. */
inline undo_from(first) {
  step = first;
  if
  :: step >= PIVOT -> step = PIVOT - 1
  :: else
  fi;
#if MUTATION == 6
  if
  :: !back -> step = 0
  :: else
  fi;
#endif
  back = true;
  attempts = 0;
  if
  :: step < 0 -> state = compensated; step = 0
  :: else -> state = compensating; new_command()
  fi
}

/* saga_machine: after_done. */
inline after_done() {
  if
  :: back && MUTATION == 6 && step < PIVOT - 1 -> step = step + 1; attempts = 0; new_command()
  :: back && MUTATION == 6 && step == PIVOT - 1 -> state = compensated
  :: back && MUTATION != 6 -> undo_from(step - 1)
  :: !back ->
     step++;
     attempts = 0;
     if
     :: step == STEPS -> state = completed; step = 0
     :: else -> new_command()
     fi
  fi
}

/* saga_machine: after_failure; `earlier`: attempts of which nobody heard. */
inline after_failure(answer, earlier) {
  attempts = attempts + earlier;
  must_succeed = back || step > PIVOT || (step == PIVOT && answer != refused && MUTATION != 3);
  if
  :: answer != refused && attempts + 1 < (must_succeed -> PARK_AFTER : ATTEMPTS) -> attempts++; new_command()
  :: else ->
     if
     :: must_succeed && !(back && MUTATION == 9) -> state = parked; attempts = 0
     :: must_succeed && back && MUTATION == 9 -> state = compensated
     :: else ->
        if
        :: (answer == refused && attempts == 0) || MUTATION == 7 -> undo_from(step - 1)
        :: else -> undo_from(step)
        fi
     fi
  fi;
  must_succeed = false
}

/* A call of the action of step `at`, where it arrives; what is answered may still get lost. */
inline do_action(at, answer) {
  if
  :: tombstone[at] || kept_refusal[at] -> answer = refused
  :: !tombstone[at] && !kept_refusal[at] && effect[at] && MUTATION != 2 -> answer = done
  :: !tombstone[at] && !kept_refusal[at] && (!effect[at] || MUTATION == 2) ->
     if
     :: answer = failed
     :: answer = refused; kept_refusal[at] = (MUTATION != 8)
     :: PROMISE(2, !happened[at]);
        PROMISE(1, state != compensated);
        PROMISE(4, !undone[at]);
        PROMISE(5, at == 0 || effect[at - 1]);
        effect[at] = true;
        happened[at] = true;
        answer = done
     fi
  fi
}

inline do_compensation(at, answer) {
  if
  :: answer = failed
  :: answer = refused
  :: PROMISE(3, !effect[PIVOT]);
     PROMISE(5, !effect[at] || !effect[at + 1]);
     if
     :: effect[at] || MUTATION != 1 -> tombstone[at] = true
     :: else
     fi;
     effect[at] = false;
     undone[at] = true;
     answer = done
  fi
}

proctype Worker() {
  byte mine, my_take, at;
  bool my_back, must_succeed;
  mtype answer;
end_idle:
  do
  :: atomic {
       may_run ->
       taken = (MUTATION == 11 && taken == 1 -> 1 : taken + 1);
       if
       :: attempts + taken - 1 >= ((back || step >= PIVOT) -> PARK_AFTER : ATTEMPTS) ->
          after_failure(failed, taken - 2);  /* SagaWorker::give_up_lost */
          check();
          goto end_idle
       :: else -> mine = command; my_take = taken; at = step; my_back = back
       fi
     }
     if
     :: true  /* it dies before the call */
     :: true ->
        atomic {
          if
          :: my_back -> do_compensation(at, answer)
          :: else -> do_action(at, answer)
          fi
        }
        if
        :: true  /* it dies before it has written down the answer */
        :: true ->
           atomic {
             if
             :: answer == done -> answer = failed  /* which got lost */
             :: true
             fi;
             if
             :: goes_on && ((command == mine && taken == my_take) || MUTATION == 4) ->
                if
                :: answer == done -> after_done()
                :: else -> after_failure(answer, my_take - 1)
                fi;
                check()
             :: else
             fi
           }
#if MUTATION == 5
           if
           :: true  /* it dies between the two transactions */
           :: true -> queued = command
           fi
#endif
        fi
     fi;
     atomic { mine = 0; my_take = 0; at = 0; my_back = false; answer = 0 }
  od
}

/* saga_machine: after_deadline, and compensate(). Once, at any time, or never. */
proctype Deadline() {
  bool must_succeed;
  atomic {
    if
    :: state == running && (step < PIVOT || (MUTATION == 10 && step > PIVOT)) -> undo_from(step); check()
    :: true
    fi
  }
}

/* resume(): once, or never. */
proctype Person() {
  if
  :: atomic { state == parked -> state = (back -> compensating : running); attempts = 0; new_command(); check() }
  :: true
  fi
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
    do
    :: n < WORKERS -> run Worker(); n++
    :: else -> break
    od;
#ifndef ALONE
    run Deadline();
    run Person();
#endif
    run Idle()
  }
}

/* For good: one that is resumed ends again. */
ltl ends { <> [] !goes_on }
