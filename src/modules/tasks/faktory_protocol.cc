#include "modules/tasks/faktory_protocol.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/text.h"
#include "base/time.h"
#include "platform/jobs/job.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/security/digest.h"

namespace ashlar::tasks {
namespace {

using json::Value;

constexpr std::int64_t kDefaultReserve_s = 1800;
constexpr std::int64_t kMinReserve_s = 60;
constexpr std::int64_t kDefaultRetries = 25;
constexpr int kDefaultPriority = 5;
// A batch has at most a thousand jobs of at most some thousand values each.
constexpr json::ParseLimits kBatchLimits{.max_depth = 33, .max_values = 500'000};

base::Error malformed(std::string detail) {
  return base::fail(base::Code::kInvalid, "faktory_malformed", std::move(detail));
}

base::Result<Value> parse_object(std::string_view text) {
  auto value = json::parse(text);
  if (!value.ok()) return malformed(value.error().detail);
  if (value->if_object() == nullptr) return malformed("an object is expected");
  return std::move(*value);
}

std::string string_of(const Value& object, std::string_view name) {
  const Value* member = object.find(name);
  const std::string* text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? std::string() : *text;
}

// nullopt: not there, or no whole number.
std::optional<std::int64_t> integer_of(const Value& object, std::string_view name) {
  const Value* member = object.find(name);
  const std::int64_t* number = member == nullptr ? nullptr : member->if_integer();
  return number == nullptr ? std::nullopt : std::optional(*number);
}

bool is_job(const Value& value) {
  const Value* args = value.find("args");
  return !string_of(value, "jobtype").empty() && args != nullptr && args->if_array() != nullptr;
}

base::Result<std::optional<base::Time>> start_of(const Value& job) {
  const std::string at = string_of(job, "at");
  if (at.empty()) return std::optional<base::Time>();
  const std::optional<base::Time> time = base::parse_rfc3339(at);
  if (!time) return malformed("at: a time of RFC 3339 is expected");
  return time;
}

base::Result<NewTask> task_of(const Value& job, std::string payload) {
  if (!is_job(job)) return malformed("a job has a jobtype and an array of args");
  const std::string jid = string_of(job, "jid");
  if (jid.size() < kMinJidBytes) return malformed("jid: at least 8 characters are expected");
  if (jid.size() > jobs::kMaxKeyBytes) return malformed("jid: at most 255 bytes are expected");
  NewTask task;
  task.payload = std::move(payload);
  task.unique_key = jid;
  task.queue = string_of(job, "queue");
  if (task.queue.empty()) task.queue = "default";
  const std::int64_t priority = integer_of(job, "priority").value_or(kDefaultPriority);
  task.priority = priority < 1 || priority > 9 ? 0 : static_cast<int>(priority) - kDefaultPriority;
  ASHLAR_ASSIGN(task.run_at, start_of(job));
  const std::int64_t retries = integer_of(job, "retry").value_or(kDefaultRetries);
  task.max_attempts = std::clamp<std::int64_t>(retries, 0, jobs::kMaxAttempts - 1) + 1;
  const std::int64_t longest_s = kMaxPullTimeout.count() / 1000;
  const std::int64_t reserve_s = integer_of(job, "reserve_for").value_or(kDefaultReserve_s);
  task.timeout_ms = std::clamp(reserve_s, kMinReserve_s, longest_s) * 1000;
  return task;
}

void set(Value::Object& object, std::string_view name, Value value) {
  for (auto& [key, old] : object) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  object.emplace_back(name, std::move(value));
}

// A task that came another way.
Value wrap(const jobs::LeasedJob& job, Value payload) {
  Value::Array args;
  args.push_back(std::move(payload));
  Value::Object object;
  object.emplace_back("jobtype", Value(job.queue));
  object.emplace_back("args", Value(std::move(args)));
  return Value(std::move(object));
}

}  // namespace

FaktoryLine split_faktory_line(std::string_view line) {
  line = base::trim_spaces(line);
  const std::size_t blank = line.find(' ');
  if (blank == line.npos) return {line, {}};
  return {line.substr(0, blank), base::trim_spaces(line.substr(blank + 1))};
}

std::string faktory_hash(std::string_view password, std::string_view salt, int iterations) {
  std::string hash = security::sha256(std::string(password) + std::string(salt));
  for (int i = 1; i < iterations; ++i) hash = security::sha256(hash);
  return base::hex_encode(hash);
}

std::string faktory_greeting(std::string_view salt) {
  // Clients split this line at blanks: the object has none.
  return "HI {\"v\":" + std::to_string(kFaktoryVersion) +
         ",\"i\":" + std::to_string(kFaktoryIterations) + ",\"s\":\"" + std::string(salt) + "\"}";
}

base::Result<FaktoryHello> parse_faktory_hello(std::string_view json) {
  ASHLAR_ASSIGN(const Value hello, parse_object(json));
  if (integer_of(hello, "v").value_or(0) > kFaktoryVersion) {
    return malformed("this server speaks version 2 of the protocol");
  }
  return FaktoryHello{string_of(hello, "wid"), string_of(hello, "hostname"),
                      string_of(hello, "pwdhash")};
}

base::Result<NewTask> task_of_faktory(std::string_view json) {
  ASHLAR_ASSIGN(const Value job, parse_object(json));
  return task_of(job, std::string(json));
}

base::Result<std::vector<FaktoryPushed>> tasks_of_faktory(std::string_view json) {
  auto parsed = json::parse(json, kBatchLimits);
  if (!parsed.ok()) return malformed(parsed.error().detail);
  const Value::Array* jobs = parsed->if_array();
  if (jobs == nullptr) return malformed("an array of jobs is expected");
  if (jobs->size() > kMaxFaktoryBatch) return malformed("at most 1000 jobs at once");
  std::vector<FaktoryPushed> all;
  all.reserve(jobs->size());
  for (const Value& job : *jobs) {
    // By itself again: the bounds of a job are those of one that is pushed alone.
    all.push_back({string_of(job, "jid"), task_of_faktory(json::to_text(job))});
  }
  return all;
}

FaktoryDelivery faktory_job_of(const jobs::LeasedJob& job) {
  auto payload = json::parse(job.payload);
  Value value = payload.ok() ? std::move(*payload) : Value(job.payload);
  if (!is_job(value)) value = wrap(job, std::move(value));
  Value::Object& object = *value.if_object();
  FaktoryDelivery delivery;
  delivery.jid = string_of(value, "jid");
  if (delivery.jid.size() < kMinJidBytes) {
    delivery.jid = "task-" + std::to_string(job.ref.id.value);
    set(object, "jid", Value(delivery.jid));
  }
  set(object, "queue", Value(job.queue));
  set(object, "reserve_for", Value(job.timeout.count() / 1000));
  set(object, "enqueued_at", Value(base::format_rfc3339(job.run_at)));
  if (value.find("created_at") == nullptr) {
    set(object, "created_at", Value(base::format_rfc3339(job.enqueued_at)));
  }
  if (job.ref.attempt > 1) {
    Value::Object failure;
    failure.emplace_back("retry_count", Value(job.ref.attempt - 2));
    failure.emplace_back("remaining", Value(std::max(0, job.max_attempts - job.ref.attempt)));
    set(object, "failure", Value(std::move(failure)));
  }
  delivery.json = json::to_text(value);
  return delivery;
}

base::Result<std::vector<std::string>> parse_faktory_queues(std::string_view words) {
  std::vector<std::string> queues;
  while (!(words = base::trim_spaces(words)).empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(word.size());
    if (word.size() > jobs::kMaxNameBytes || !base::is_utf8(word)) {
      return malformed("the name of a queue has at most 128 bytes of UTF-8");
    }
    if (std::ranges::find(queues, word) != queues.end()) continue;
    if (queues.size() == kMaxFaktoryQueues) return malformed("FETCH takes at most 16 queues");
    queues.emplace_back(word);
  }
  if (queues.empty()) queues.emplace_back("default");
  return queues;
}

base::Result<FaktoryReport> parse_faktory_report(std::string_view json) {
  ASHLAR_ASSIGN(const Value report, parse_object(json));
  FaktoryReport read{string_of(report, "jid"), string_of(report, "errtype")};
  if (read.jid.empty()) return malformed("jid: missing");
  const std::string message = string_of(report, "message");
  if (!read.error.empty() && !message.empty()) read.error += ": ";
  read.error += message;
  const Value* backtrace = report.find("backtrace");
  const Value::Array* lines = backtrace == nullptr ? nullptr : backtrace->if_array();
  for (std::size_t i = 0; lines != nullptr && i < lines->size(); ++i) {
    if (read.error.size() > jobs::kMaxErrorBytes) break;
    if (const std::string* line = (*lines)[i].if_string()) read.error += "\n" + *line;
  }
  return read;
}

}  // namespace ashlar::tasks
