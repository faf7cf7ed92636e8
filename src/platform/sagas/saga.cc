#include "platform/sagas/saga.h"

#include <array>
#include <utility>

namespace ashlar::sagas {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 5> kNames{{
    {State::kRunning, "running"},
    {State::kCompensating, "compensating"},
    {State::kParked, "parked"},
    {State::kCompleted, "completed"},
    {State::kCompensated, "compensated"},
}};

}  // namespace

std::string_view state_name(State state) {
  for (const auto& [known, name] : kNames) {
    if (known == state) return name;
  }
  return "";
}

std::optional<State> state_of(std::string_view name) {
  for (const auto& [state, known] : kNames) {
    if (known == name) return state;
  }
  return std::nullopt;
}

bool is_refusal(const base::Error& error) {
  switch (error.code) {
    case base::Code::kInvalid:
    case base::Code::kForbidden:
    case base::Code::kNotFound:
    case base::Code::kGone:
    case base::Code::kPreconditionFailed:
      return true;
    case base::Code::kConflict:
      return std::string_view(error.reason) != "storage_conflict";
    case base::Code::kUnauthenticated:
    case base::Code::kTooMany:
    case base::Code::kUnavailable:
    case base::Code::kDeadline:
    case base::Code::kInternal:
      return false;
  }
  return false;
}

}  // namespace ashlar::sagas
