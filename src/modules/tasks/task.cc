#include "modules/tasks/task.h"

#include <array>

#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::tasks {
namespace {

constexpr std::pair<jobs::JobState, std::string_view> kStates[] = {
    {jobs::JobState::kReady, "ready"},       {jobs::JobState::kScheduled, "scheduled"},
    {jobs::JobState::kHeld, "held"},         {jobs::JobState::kRunning, "running"},
    {jobs::JobState::kRetrying, "retrying"}, {jobs::JobState::kDone, "done"},
    {jobs::JobState::kDead, "dead"},         {jobs::JobState::kCancelled, "cancelled"}};

std::string text_of(const json::Value& value, std::string_view name) {
  const json::Value* member = value.find(name);
  return member != nullptr && member->if_string() != nullptr ? *member->if_string() : "";
}

PushTarget read_target(const json::Value& value) {
  PushTarget target;
  target.url = text_of(value, "url");
  target.method = text_of(value, "method");
  if (const json::Value* headers = value.find("headers"); headers != nullptr) {
    if (const json::Value::Object* members = headers->if_object()) {
      for (const auto& [name, text] : *members) {
        if (text.if_string() != nullptr) target.headers.emplace_back(name, *text.if_string());
      }
    }
  }
  if (const json::Value* statuses = value.find("give_up_on"); statuses != nullptr) {
    if (const json::Value::Array* items = statuses->if_array()) {
      for (const json::Value& item : *items) {
        if (item.if_integer() != nullptr) target.give_up_on.push_back(*item.if_integer());
      }
    }
  }
  return target;
}

void write_target(json::Writer& writer, const PushTarget& target) {
  writer.begin_object().key("url").string(target.url).key("method").string(target.method);
  writer.key("headers").begin_object();
  for (const auto& [name, value] : target.headers) writer.key(name).string(value);
  writer.end_object().key("give_up_on").begin_array();
  for (const std::int64_t status : target.give_up_on) writer.integer(status);
  writer.end_array().end_object();
}

}  // namespace

std::string TaskMeta::to_text() const {
  std::string out;
  if (!target && !occurrence) return out;
  json::Writer writer(out);
  writer.begin_object();
  if (target) {
    writer.key("target");
    write_target(writer, *target);
  }
  if (occurrence) {
    writer.key("schedule").string(occurrence->schedule);
    writer.key("at").string(base::format_rfc3339(occurrence->at));
  }
  writer.end_object();
  return out;
}

TaskMeta TaskMeta::parse(std::string_view text) {
  TaskMeta meta;
  if (text.empty()) return meta;
  const auto value = json::parse(text);
  if (!value.ok()) return meta;
  if (const json::Value* target = value->find("target")) meta.target = read_target(*target);
  const auto at = base::parse_rfc3339(text_of(*value, "at"));
  if (at) meta.occurrence = Occurrence{text_of(*value, "schedule"), *at};
  return meta;
}

Count count_of(const jobs::JobView& view) {
  // One that is under way, or has ended well, has no record of a failure.
  const bool unrecorded =
      view.state == jobs::JobState::kRunning || view.state == jobs::JobState::kDone ||
      (view.state == jobs::JobState::kCancelled && view.started_at && view.failures == 0);
  const int attempt = view.failures + (unrecorded ? 1 : 0);
  return {attempt, attempt + view.max_attempts - view.attempt};
}

Count count_of(const jobs::LeasedJob& job) {
  return {job.failures + 1, job.failures + 1 + job.max_attempts - job.ref.attempt};
}

std::string_view state_name(jobs::JobState state) {
  for (const auto& [known, name] : kStates) {
    if (known == state) return name;
  }
  return "";
}

std::optional<jobs::JobState> state_of(std::string_view name) {
  for (const auto& [state, known] : kStates) {
    if (known == name) return state;
  }
  return std::nullopt;
}

bool is_task(std::string_view kind) { return kind == kPullKind || kind == kPushKind; }

}  // namespace ashlar::tasks
