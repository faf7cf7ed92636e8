#include "modules/notifications/campaigns/campaign_member.h"

#include <array>

#include "base/varint.h"

namespace ashlar::notifications {
namespace {

constexpr char kVersion = 1;
constexpr std::array<char, 3> kLetters{'u', 'e', 'p'};
constexpr std::uint64_t kMaxMembers = 1'000'000;

base::Error damaged() {
  return base::fail(base::Code::kInternal, "campaign_members_damaged",
                    "A campaign's list of members cannot be read.");
}

bool read_text(std::string_view& rest, std::string& out) {
  std::uint64_t bytes = 0;
  if (!base::read_varint(rest, bytes) || bytes > rest.size()) return false;
  out = rest.substr(0, bytes);
  rest.remove_prefix(bytes);
  return true;
}

void append_text(std::string& out, std::string_view text) {
  base::append_varint(out, text.size());
  out += text;
}

}  // namespace

std::string Member::key() const {
  std::string key;
  key.reserve(address.size() + 1);
  key += kLetters.at(static_cast<std::size_t>(kind));
  key += address;
  return key;
}

std::string encode_members(std::span<const Member> members) {
  std::string out(1, kVersion);
  base::append_varint(out, members.size());
  for (const Member& member : members) {
    const std::uint64_t has_data = member.data.empty() ? 0 : 4;
    base::append_varint(out, static_cast<std::uint64_t>(member.kind) | has_data);
    append_text(out, member.address);
    if (has_data != 0) append_text(out, member.data);
  }
  return out;
}

base::Result<std::vector<Member>> decode_members(std::string_view blob) {
  if (blob.empty() || blob.front() != kVersion) return damaged();
  std::string_view rest = blob.substr(1);
  std::uint64_t count = 0;
  // Each takes two bytes at least: a number that is too large reserves nothing.
  if (!base::read_varint(rest, count) || count > kMaxMembers || count * 2 > rest.size()) {
    return damaged();
  }
  std::vector<Member> members(count);
  for (Member& member : members) {
    std::uint64_t head = 0;
    if (!base::read_varint(rest, head) || (head & 3U) > 2 || head > 7) return damaged();
    member.kind = static_cast<Member::Kind>(head & 3U);
    if (!read_text(rest, member.address)) return damaged();
    if ((head & 4U) != 0 && !read_text(rest, member.data)) return damaged();
  }
  if (!rest.empty()) return damaged();
  return members;
}

}  // namespace ashlar::notifications
