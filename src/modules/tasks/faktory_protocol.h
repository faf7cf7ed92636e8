// What is said on a connection of Faktory's protocol (version 2), as pure functions of text: its
// commands are lines, its answers Redis' (RESP).
//
//   <- +HI {"v":2,"i":64,"s":"…"}          -> HELLO {"wid":…,"pwdhash":…}       <- +OK
//   -> PUSH {job}   <- +OK                 -> FETCH critical default            <- $n {job} | $-1
//   -> ACK {"jid":…}   <- +OK              -> FAIL {"jid":…,"errtype":…,…}      <- +OK
//
// A job of Faktory's is a pull task whose payload is the job as it was pushed, jid and all; of it
// the engine knows
//   jid          unique_key: pushing a job that lives again changes nothing
//   queue        the queue ("default")
//   priority     1 to 9, 5 unless given: -4 to 4 of ours
//   at           run_at
//   retry        how many attempts come after the first (25); 0 and -1: none, it is dead then
//   reserve_for  the task's timeout and its lease, in seconds (1800; at least 60)
// A task that came by REST is given to a worker as a job too: a payload that has a jobtype and args
// as it is, any other as the only one of args, with the queue's name for a jobtype.
//
// Errors: kInvalid faktory_malformed; the detail is for the client. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/tasks/task.h"

namespace ashlar::jobs {
struct LeasedJob;
}

namespace ashlar::tasks {

inline constexpr int kFaktoryVersion = 2;
inline constexpr int kFaktoryIterations = 64;
inline constexpr std::size_t kMaxFaktoryQueues = 16;   // of a FETCH
inline constexpr std::size_t kMaxFaktoryBatch = 1000;  // of a PUSHB
inline constexpr std::size_t kMinJidBytes = 8;

struct FaktoryLine {
  std::string_view verb, argument;
};
// "PUSH {…}": the verb, and what follows the blank. Without the end of line.
FaktoryLine split_faktory_line(std::string_view line);

// What a client that knows `password` answers to the greeting: SHA-256 of password and salt, and of
// that again, `iterations` times in all, in hex.
std::string faktory_hash(std::string_view password, std::string_view salt, int iterations);
std::string faktory_greeting(std::string_view salt);

struct FaktoryHello {
  std::string wid;       // empty: it only pushes
  std::string hostname;  // "" where it says none
  std::string pwdhash;
};
base::Result<FaktoryHello> parse_faktory_hello(std::string_view json);

base::Result<NewTask> task_of_faktory(std::string_view json);
// For each of a PUSHB's jobs itself or why not, with the jid where it has one.
struct FaktoryPushed {
  std::string jid;
  base::Result<NewTask> task;
};
base::Result<std::vector<FaktoryPushed>> tasks_of_faktory(std::string_view json);

struct FaktoryDelivery {
  std::string jid;
  std::string json;
};
FaktoryDelivery faktory_job_of(const jobs::LeasedJob& job);

base::Result<std::vector<std::string>> parse_faktory_queues(std::string_view words);

// ACK and FAIL. `error`: of FAIL, for the person who looks.
struct FaktoryReport {
  std::string jid;
  std::string error;
};
base::Result<FaktoryReport> parse_faktory_report(std::string_view json);

}  // namespace ashlar::tasks
