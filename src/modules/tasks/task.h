// Task: a piece of work that users of any language hand over, to be done later and at least once.
//
//   pull   workers lease it over HTTP, work, and report
//   push   Ashlar sends it to a URL; what the URL answers is the report
//
// Underneath it is a job (platform/jobs/job.h has the states and who moves them) of kind kPullKind
// or kPushKind. A queue's name belongs to a tenant; a queue may hold tasks of both modes, whose
// places and rates are then counted apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "platform/jobs/job.h"

namespace ashlar::tasks {

inline constexpr std::string_view kPullKind = "tasks.pull";
inline constexpr std::string_view kPushKind = "tasks.push";

inline constexpr base::Millis kDefaultTimeout{60'000};
inline constexpr base::Millis kMinTimeout{100};
inline constexpr base::Millis kMaxPullTimeout{24 * 3600 * 1000};
inline constexpr base::Millis kMaxPushTimeout{30 * 60 * 1000};
inline constexpr base::Seconds kMaxDelay{366 * 24 * 3600};
inline constexpr std::size_t kMaxResultBytes = jobs::kMaxErrorBytes;
inline constexpr int kDefaultAttempts = 25;

// Where a push task goes.
struct PushTarget {
  std::string url;
  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::int64_t> give_up_on;  // statuses that make it dead at once, 400 to 499
};

// Of a task that a schedule has made.
struct Occurrence {
  std::string schedule;
  base::Time at{};
};

struct NewTask {
  std::string queue;
  std::string payload;  // JSON
  int priority = 0;
  std::optional<std::string> unique_key;
  std::optional<base::Time> run_at;
  std::optional<std::int64_t> delay_ms;  // from now; not with run_at
  std::optional<std::int64_t> timeout_ms;
  std::optional<std::int64_t> max_attempts;
  std::optional<std::string> key;
  std::int64_t key_limit = 1;
  bool ordered = false;
  std::optional<PushTarget> target;  // push
  std::optional<Occurrence> occurrence;
  std::string traceparent;  // of the request that made it
};

// What a job keeps beside its payload for us (NewJob::meta).
struct TaskMeta {
  std::optional<PushTarget> target;
  std::optional<Occurrence> occurrence;

  // "" where there is nothing.
  [[nodiscard]] std::string to_text() const;
  // Whatever to_text() made. Empty where it is not that.
  static TaskMeta parse(std::string_view text);
};

// An attempt as its users count: snoozes are none, and those before a redrive are some. The
// engine's own number, which leases are told apart by, only grows (jobs::JobView::attempt).
struct Count {
  int attempt = 0;  // the running or last one; 0: none yet
  int max_attempts = 0;
};
Count count_of(const jobs::JobView& view);
Count count_of(const jobs::LeasedJob& job);

std::string_view state_name(jobs::JobState state);
std::optional<jobs::JobState> state_of(std::string_view name);
bool is_task(std::string_view kind);

}  // namespace ashlar::tasks
