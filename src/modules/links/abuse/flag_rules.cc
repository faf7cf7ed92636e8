#include "modules/links/abuse/flag_rules.h"

#include <algorithm>

namespace ashlar::links::abuse {
namespace {

bool is_of_lists(std::string_view reason) {
  return reason.starts_with(kListPrefix) || reason == kDenied;
}
bool is_decided(std::string_view reason) {
  return is_of_lists(reason) || reason == kReported || reason == kByOperator;
}

void add(LinkFlag& flag, std::string_view reason) {
  if (flag.reasons.size() >= LinkFlag::kMaxReasons ||
      std::ranges::find(flag.reasons, reason) != flag.reasons.end()) {
    return;
  }
  flag.reasons.emplace_back(reason);
}

void add_listed(LinkFlag& flag, const Findings& found) {
  if (found.denied) add(flag, kDenied);
  for (const std::string& threat : found.threats) add(flag, std::string(kListPrefix) + threat);
}

// Signs that are none of a person's or a list's: they follow from the targets.
bool is_suspicious(const LinkFlag& flag) {
  return std::ranges::any_of(flag.reasons, [](const std::string& reason) {
    return reason == kReported || (!is_decided(reason) && reason != kOpenRedirect);
  });
}

}  // namespace

LinkFlag flag_of_targets(const LinkFlag& before, const Findings& found) {
  LinkFlag flag;
  flag.state = before.state == FlagState::kFlagged ? FlagState::kFlagged : FlagState::kNone;
  if (flag.state == FlagState::kFlagged) {
    for (const std::string& reason : before.reasons) {
      if (is_decided(reason)) add(flag, reason);
    }
  }
  for (const std::string& sign : found.signs) add(flag, sign);
  add_listed(flag, found);
  if (found.is_listed()) flag.state = FlagState::kFlagged;
  if (flag.state == FlagState::kNone && is_suspicious(flag)) flag.state = FlagState::kSuspected;
  return flag;
}

LinkFlag flag_when_checked(const LinkFlag& before, const Findings& found) {
  LinkFlag flag = before;
  std::erase_if(flag.reasons, is_of_lists);
  add_listed(flag, found);
  if (found.is_listed()) {
    flag.state = FlagState::kFlagged;
  } else if (before.state == FlagState::kFlagged &&
             std::ranges::find(before.reasons, kByOperator) == before.reasons.end() &&
             std::ranges::any_of(before.reasons, is_of_lists)) {
    flag.state = is_suspicious(flag) ? FlagState::kSuspected : FlagState::kNone;
  }
  return flag;
}

LinkFlag flag_when_reported(const LinkFlag& before) {
  LinkFlag flag = before;
  if (flag.state == FlagState::kFlagged) return flag;
  add(flag, kReported);
  flag.state = FlagState::kSuspected;
  return flag;
}

LinkFlag flag_decided(const LinkFlag& before, bool flagged) {
  LinkFlag flag = before;
  if (flagged) {
    add(flag, kByOperator);
    flag.state = FlagState::kFlagged;
    return flag;
  }
  std::erase_if(flag.reasons, is_decided);
  flag.state = FlagState::kCleared;
  return flag;
}

}  // namespace ashlar::links::abuse
