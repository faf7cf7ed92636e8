#include "modules/notifications/campaigns/campaign_upload.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

#include "modules/notifications/recipient.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

// What a line may hold beside its data.
constexpr std::size_t kMaxLineBytes = Member::kMaxDataBytes * 2 + 1024;

base::Error wrong(const std::string& line, const char* reason, const char* detail) {
  return {base::Code::kInvalid, "invalid_request", detail, {{line, reason, detail}}};
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t from = line.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return line.substr(from, line.find_last_not_of(kBlank) - from + 1);
}

// take(line, "/lines/n") for each that is not blank.
template <class Take>
base::Status each_line(std::string_view body, Take take) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  std::size_t number = 0;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = trimmed(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
    ++number;
    if (line.empty()) continue;
    ASHLAR_TRY(take(line, "/lines/" + std::to_string(number)));
  }
  return base::ok_status();
}

CampaignUpload sorted(std::vector<Member> members) {
  CampaignUpload upload;
  upload.lines = static_cast<std::int64_t>(members.size());
  upload.members = std::move(members);
  upload.duplicates = sort_members(upload.members);
  return upload;
}

base::Status take_address(const json::Value::Object& object, const std::string& line,
                          Member& member) {
  int given = 0;
  for (const auto& [name, value] : object) {
    if (name == "data") continue;
    if (name != "user_id" && name != "email" && name != "phone") {
      return wrong(line, "unknown_field", "A line has user_id, email or phone, and data.");
    }
    if (value.if_string() == nullptr) {
      return wrong(line, "wrong_type", "user_id, email and phone are texts.");
    }
    const std::string& text = *value.if_string();
    ++given;
    if (name == "user_id") {
      ASHLAR_TRY(check_user_id(text, line));
      member.kind = Member::Kind::kUser;
      member.address = text;
    } else if (name == "email") {
      ASHLAR_ASSIGN(member.address, normalized_email(text, line));
      member.kind = Member::Kind::kEmail;
    } else {
      ASHLAR_ASSIGN(member.address, normalized_phone(text, line));
      member.kind = Member::Kind::kPhone;
    }
  }
  if (given == 1) return base::ok_status();
  return wrong(line, given == 0 ? "recipient_missing" : "recipient_ambiguous",
               "Give one of user_id, email and phone.");
}

base::Status take_data(const json::Value::Object& object, const std::string& line, Member& member) {
  for (const auto& [name, value] : object) {
    if (name != "data") continue;
    if (value.if_object() == nullptr) return wrong(line, "wrong_type", "data is an object.");
    if (!value.if_object()->empty()) member.data = json::to_text(value);
    if (member.data.size() > Member::kMaxDataBytes) {
      return wrong(line, "data_too_large", "A line's data has at most 4,096 bytes as JSON.");
    }
  }
  return base::ok_status();
}

bool fits(Member::Kind kind, std::optional<Channel> channel) {
  switch (kind) {
    case Member::Kind::kUser:
      return true;
    case Member::Kind::kEmail:
      return !channel || *channel == Channel::kEmail;
    case Member::Kind::kPhone:
      return !channel || *channel == Channel::kSms;
  }
  return false;
}

}  // namespace

std::int64_t sort_members(std::vector<Member>& members) {
  const auto order = [](const Member& a, const Member& b) {
    // As their keys are: "e", "p", "u", then the address.
    constexpr std::array kRanks{2, 0, 1};
    const int first = kRanks.at(static_cast<std::size_t>(a.kind));
    const int second = kRanks.at(static_cast<std::size_t>(b.kind));
    return first != second ? first < second : a.address < b.address;
  };
  if (!std::ranges::is_sorted(members, order)) std::ranges::stable_sort(members, order);
  const auto gone = std::ranges::unique(members, [](const Member& a, const Member& b) {
    return a.kind == b.kind && a.address == b.address;
  });
  const auto count = static_cast<std::int64_t>(gone.size());
  members.erase(gone.begin(), gone.end());
  return count;
}

base::Result<CampaignUpload> read_upload_text(std::string_view body) {
  std::vector<Member> members;
  ASHLAR_TRY(each_line(body, [&](std::string_view text, const std::string& line) -> base::Status {
    ASHLAR_TRY(check_user_id(text, line));
    members.push_back({.kind = Member::Kind::kUser, .address = std::string(text)});
    return base::ok_status();
  }));
  return sorted(std::move(members));
}

base::Result<CampaignUpload> read_upload_json(std::string_view body,
                                              std::optional<Channel> channel) {
  std::vector<Member> members;
  ASHLAR_TRY(each_line(body, [&](std::string_view text, const std::string& line) -> base::Status {
    if (text.size() > kMaxLineBytes) {
      return wrong(line, "data_too_large", "A line's data has at most 4,096 bytes as JSON.");
    }
    const base::Result<json::Value> value = json::parse(text);
    if (!value.ok()) return wrong(line, "bad_json", "Each line is a JSON object.");
    const json::Value::Object* object = value->if_object();
    if (object == nullptr) return wrong(line, "wrong_type", "Each line is a JSON object.");
    Member member;
    ASHLAR_TRY(take_address(*object, line, member));
    ASHLAR_TRY(take_data(*object, line, member));
    if (!fits(member.kind, channel)) {
      return wrong(line, "address_unfit", "The campaign's channel does not go to such an address.");
    }
    members.push_back(std::move(member));
    return base::ok_status();
  }));
  return sorted(std::move(members));
}

}  // namespace ashlar::notifications
