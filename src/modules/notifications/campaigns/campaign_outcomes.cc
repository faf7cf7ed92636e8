#include "modules/notifications/campaigns/campaign_outcomes.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"
#include "base/varint.h"

namespace ashlar::notifications {
namespace {

constexpr char kVersion = 1;

base::Error damaged() {
  return base::fail(base::Code::kInternal, "campaign_outcomes_damaged",
                    "What became of a campaign's chunk cannot be read.");
}

std::size_t words_of(std::size_t members) { return (members + 63) / 64; }

std::size_t bytes_of(std::size_t members) { return (members + 7) / 8; }

bool bit(const std::vector<std::uint64_t>& plane, std::size_t i) {
  return (plane[i / 64] >> (i % 64) & 1U) != 0;
}

void set_bit(std::vector<std::uint64_t>& plane, std::size_t i, bool on) {
  const std::uint64_t mask = std::uint64_t{1} << (i % 64);
  plane[i / 64] = on ? plane[i / 64] | mask : plane[i / 64] & ~mask;
}

std::int64_t count_bits(const std::vector<std::uint64_t>& plane) {
  std::int64_t count = 0;
  for (const std::uint64_t word : plane) count += std::popcount(word);
  return count;
}

// Which planes are not empty, then those.
template <std::size_t N>
void append_planes(std::string& out, const std::array<std::vector<std::uint64_t>, N>& planes,
                   std::size_t members) {
  static_assert(N <= 8);
  unsigned used = 0;
  for (std::size_t p = 0; p < N; ++p) used |= (count_bits(planes[p]) > 0 ? 1U : 0U) << p;
  out += static_cast<char>(used);
  for (std::size_t p = 0; p < N; ++p) {
    if ((used >> p & 1U) == 0) continue;
    for (std::size_t byte = 0; byte < bytes_of(members); ++byte) {
      out += static_cast<char>(planes[p][byte / 8] >> (byte % 8 * 8) & 0xffU);
    }
  }
}

template <std::size_t N>
bool read_planes(std::string_view& rest, std::array<std::vector<std::uint64_t>, N>& planes,
                 std::size_t members) {
  if (rest.empty()) return false;
  const unsigned used = static_cast<unsigned char>(rest.front());
  rest.remove_prefix(1);
  if (used >> N != 0) return false;
  const std::size_t bytes = bytes_of(members);
  for (std::size_t p = 0; p < N; ++p) {
    if ((used >> p & 1U) == 0) continue;
    if (rest.size() < bytes) return false;
    for (std::size_t byte = 0; byte < bytes; ++byte) {
      planes[p][byte / 8] |= std::uint64_t{static_cast<unsigned char>(rest[byte])}
                             << (byte % 8 * 8);
    }
    // Nobody is beyond the last member.
    if (members % 64 != 0 && planes[p].back() >> (members % 64) != 0) return false;
    rest.remove_prefix(bytes);
  }
  return true;
}

}  // namespace

CampaignOutcomes::CampaignOutcomes(std::size_t members)
    : members_(members), reasons_(members), pending_(members) {
  for (auto& plane : planes_) plane.resize(words_of(members));
}

CampaignOutcomes::End CampaignOutcomes::end_of(std::size_t i) const {
  if (has(kSent, i)) return End::kSent;
  if (has(kSkipped, i)) return End::kSkipped;
  return has(kFailed, i) ? End::kFailed : End::kNone;
}

std::string_view CampaignOutcomes::reason(std::size_t i) const {
  const std::uint8_t at = reasons_[i];
  return at == 0 ? std::string_view() : std::string_view(texts_[at - 1]);
}

std::optional<base::Time> CampaignOutcomes::not_before(std::size_t i) const {
  if (pending_[i].not_before == 0) return std::nullopt;
  return base::from_micros(pending_[i].not_before);
}

void CampaignOutcomes::set(Plane plane, std::size_t i, bool on) { set_bit(planes_[plane], i, on); }

void CampaignOutcomes::set_reason(std::size_t i, std::string_view reason) {
  reason = reason.substr(0, kMaxReasonBytes);
  if (reason.empty()) {
    reasons_[i] = 0;
    return;
  }
  auto found = std::ranges::find(texts_, reason);
  if (found == texts_.end() && texts_.size() + 1 >= kMaxReasons) {
    reason = "other";
    found = std::ranges::find(texts_, reason);
  }
  if (found == texts_.end()) {
    CHECK(texts_.size() < kMaxReasons);
    texts_.emplace_back(reason);
    found = texts_.end() - 1;
  }
  reasons_[i] = static_cast<std::uint8_t>(found - texts_.begin() + 1);
}

void CampaignOutcomes::begin(std::size_t i, ProviderId provider) {
  CHECK(waits(i) && !begun(i));
  set(kBegun, i);
  set_reason(i, {});
  if (provider.is_set()) pending_[i].provider = provider;
}

void CampaignOutcomes::set_provider(std::size_t i, ProviderId provider) {
  CHECK(begun(i));
  pending_[i].provider = provider;
}

void CampaignOutcomes::withdraw(std::size_t i, std::string_view reason, base::Time not_before) {
  CHECK(begun(i));
  set(kBegun, i, false);
  put_off(i, reason, not_before);
}

void CampaignOutcomes::attempt_ends(std::size_t i) {
  if (!begun(i)) return;
  set(kBegun, i, false);
  if (in_doubt(i)) set(kRepeated, i);
}

void CampaignOutcomes::later(std::size_t i, std::string_view reason, base::Time not_before,
                             bool maybe_sent) {
  CHECK(begun(i));
  attempt_ends(i);
  Pending& pending = pending_[i];
  if (pending.rounds < UINT8_MAX) ++pending.rounds;
  if (maybe_sent) set(kDoubt, i);
  put_off(i, reason, not_before);
}

void CampaignOutcomes::put_off(std::size_t i, std::string_view reason, base::Time not_before) {
  CHECK(waits(i) && !begun(i));
  set_reason(i, reason);
  pending_[i].not_before = base::to_micros(not_before);
}

void CampaignOutcomes::end(std::size_t i, Plane how, std::string_view reason) {
  CHECK(waits(i));
  attempt_ends(i);
  set(kDoubt, i, false);
  set(how, i);
  set_reason(i, reason);
  pending_[i] = {};
}

void CampaignOutcomes::sent(std::size_t i) { end(i, kSent, {}); }

void CampaignOutcomes::skip(std::size_t i, std::string_view reason) { end(i, kSkipped, reason); }

void CampaignOutcomes::fail(std::size_t i, std::string_view reason, bool maybe_sent) {
  const ProviderId provider = pending_[i].provider;
  end(i, kFailed, reason);
  if (!maybe_sent) return;
  set(kUnknown, i);
  pending_[i].provider = provider;  // who would be asked again
}

void CampaignOutcomes::found_sent(std::size_t i) {
  CHECK(unknown(i));
  set(kUnknown, i, false);
  set(kFailed, i, false);
  set(kSent, i);
  set_reason(i, {});
  pending_[i] = {};
}

std::size_t CampaignOutcomes::lose() {
  std::size_t lost = 0;
  for (std::size_t i = 0; i < members_; ++i) {
    if (!begun(i)) continue;
    attempt_ends(i);
    set(kDoubt, i);
    ++lost;
  }
  return lost;
}

std::size_t CampaignOutcomes::retry_failed(bool unknown_too) {
  std::size_t again = 0;
  for (std::size_t i = 0; i < members_; ++i) {
    if (!has(kFailed, i) || (unknown(i) && !unknown_too)) continue;
    const bool doubtful = unknown(i);
    set(kFailed, i, false);
    set(kUnknown, i, false);
    set(kDoubt, i, doubtful);
    set_reason(i, {});
    ++again;
  }
  return again;
}

std::size_t CampaignOutcomes::cancel(std::string_view reason) {
  std::size_t ended = 0;
  for (std::size_t i = 0; i < members_; ++i) {
    if (!waits(i)) continue;
    ++ended;
    if (begun(i) || in_doubt(i)) {
      // It may have been repeated, too, if it was begun in doubt: attempt_ends() sees to that.
      fail(i, reason, true);
    } else {
      skip(i, reason);
    }
  }
  return ended;
}

std::optional<base::Time> CampaignOutcomes::next_due() const {
  std::optional<std::int64_t> first;
  for (std::size_t i = 0; i < members_; ++i) {
    if (!waits(i)) continue;
    if (!first || pending_[i].not_before < *first) first = pending_[i].not_before;
  }
  if (!first) return std::nullopt;
  return base::from_micros(*first);
}

CampaignCounts CampaignOutcomes::counts() const {
  CampaignCounts counts;
  counts.audience = static_cast<std::int64_t>(members_);
  counts.sent = count_bits(planes_[kSent]);
  counts.skipped = count_bits(planes_[kSkipped]);
  counts.failed = count_bits(planes_[kFailed]);
  counts.unknown = count_bits(planes_[kUnknown]);
  counts.repeated = count_bits(planes_[kRepeated]);
  return counts;
}

CampaignCounts CampaignOutcomes::count_of(std::size_t i) const {
  CampaignCounts one;
  one.audience = 1;
  one.sent = has(kSent, i) ? 1 : 0;
  one.skipped = has(kSkipped, i) ? 1 : 0;
  one.failed = has(kFailed, i) ? 1 : 0;
  one.unknown = has(kUnknown, i) ? 1 : 0;
  one.repeated = has(kRepeated, i) ? 1 : 0;
  return one;
}

CampaignOutcomes::Tally CampaignOutcomes::tally(std::span<const int> variants,
                                                std::size_t variant_count) const {
  CHECK(variants.empty() || variants.size() == members_);
  Tally tally;
  tally.all = counts();
  tally.variants.resize(variants.empty() ? 0 : variant_count);
  for (std::size_t i = 0; i < members_; ++i) {
    if (reasons_[i] != 0) ++tally.reasons[std::string(reason(i))];
    if (variants.empty() || variants[i] < 0) continue;
    tally.variants.at(static_cast<std::size_t>(variants[i])) += count_of(i);
  }
  return tally;
}

bool CampaignOutcomes::keeps_the_laws() const {
  for (std::size_t w = 0; w < words_of(members_); ++w) {
    const std::uint64_t sent = planes_[kSent][w];
    const std::uint64_t skipped = planes_[kSkipped][w];
    const std::uint64_t failed = planes_[kFailed][w];
    const std::uint64_t ended = sent | skipped | failed;
    const std::uint64_t waits_only = planes_[kBegun][w] | planes_[kDoubt][w];
    if ((sent & skipped) != 0 || (sent & failed) != 0 || (skipped & failed) != 0) return false;
    if ((waits_only & ended) != 0 || (planes_[kUnknown][w] & ~failed) != 0) return false;
  }
  return true;
}

// version, planes, texts, a byte of each member that has a reason, what is pending.
std::string CampaignOutcomes::encode() const {
  std::string out(1, kVersion);
  append_planes(out, planes_, members_);
  // Texts that nobody has any more are left out.
  std::array<std::uint8_t, kMaxReasons + 1> places{};
  std::vector<std::string_view> used;
  for (const std::uint8_t reason : reasons_) {
    if (reason == 0 || places[reason] != 0) continue;
    used.emplace_back(texts_[reason - 1]);
    places[reason] = static_cast<std::uint8_t>(used.size());
  }
  base::append_varint(out, used.size());
  for (const std::string_view text : used) {
    base::append_varint(out, text.size());
    out += text;
  }
  if (!used.empty()) {
    for (const std::uint8_t reason : reasons_) out += static_cast<char>(places[reason]);
  }
  encode_pending(out);
  return out;
}

// For each of whom something is known: how far from the one before, rounds, not_before, provider.
void CampaignOutcomes::encode_pending(std::string& out) const {
  std::size_t count = 0;
  for (const Pending& p : pending_) count += p == Pending{} ? 0 : 1;
  base::append_varint(out, count);
  std::size_t last = 0;
  for (std::size_t i = 0; i < members_; ++i) {
    const Pending& p = pending_[i];
    if (p == Pending{}) continue;
    base::append_varint(out, i - last);
    last = i;
    base::append_varint(out, p.rounds);
    base::append_varint(out, static_cast<std::uint64_t>(p.not_before));
    base::append_varint(out, static_cast<std::uint64_t>(p.provider.value));
  }
}

bool CampaignOutcomes::decode_pending(std::string_view& rest) {
  std::uint64_t count = 0;
  if (!base::read_varint(rest, count) || count > members_) return false;
  std::uint64_t at = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    std::uint64_t step = 0;
    std::uint64_t rounds = 0;
    std::uint64_t not_before = 0;
    std::uint64_t provider = 0;
    if (!base::read_varint(rest, step) || !base::read_varint(rest, rounds) ||
        !base::read_varint(rest, not_before) || !base::read_varint(rest, provider)) {
      return false;
    }
    if (step >= members_ || (n > 0 && step == 0) || rounds > UINT8_MAX) return false;
    at += step;
    if (at >= members_) return false;
    pending_[at] = {static_cast<std::uint8_t>(rounds), static_cast<std::int64_t>(not_before),
                    ProviderId(static_cast<std::int64_t>(provider))};
  }
  return true;
}

base::Result<CampaignOutcomes> CampaignOutcomes::decode(std::string_view blob,
                                                        std::size_t members) {
  CampaignOutcomes outcomes(members);
  if (blob.empty()) return outcomes;
  std::string_view rest = blob.substr(1);
  if (blob.front() != kVersion || !read_planes(rest, outcomes.planes_, members)) return damaged();
  std::uint64_t texts = 0;
  if (!base::read_varint(rest, texts) || texts > kMaxReasons) return damaged();
  for (std::uint64_t t = 0; t < texts; ++t) {
    std::uint64_t bytes = 0;
    if (!base::read_varint(rest, bytes) || bytes == 0 || bytes > kMaxReasonBytes ||
        bytes > rest.size()) {
      return damaged();
    }
    outcomes.texts_.emplace_back(rest.substr(0, bytes));
    rest.remove_prefix(bytes);
  }
  if (texts > 0) {
    if (rest.size() < members) return damaged();
    for (std::size_t i = 0; i < members; ++i) {
      outcomes.reasons_[i] = static_cast<std::uint8_t>(rest[i]);
      if (outcomes.reasons_[i] > texts) return damaged();
    }
    rest.remove_prefix(members);
  }
  if (!outcomes.decode_pending(rest) || !rest.empty() || !outcomes.keeps_the_laws()) {
    return damaged();
  }
  return outcomes;
}

bool operator==(const CampaignOutcomes& a, const CampaignOutcomes& b) {
  if (a.members_ != b.members_ || a.planes_ != b.planes_ || a.pending_ != b.pending_) return false;
  for (std::size_t i = 0; i < a.members_; ++i) {
    if (a.reason(i) != b.reason(i)) return false;
  }
  return true;
}

CampaignReports::CampaignReports(std::size_t members) : members_(members) {
  for (auto& plane : planes_) plane.resize(words_of(members));
}

bool CampaignReports::has(Kind kind, std::size_t i) const {
  return bit(planes_[static_cast<std::size_t>(kind)], i);
}

bool CampaignReports::mark(Kind kind, std::size_t i) {
  auto& delivered = planes_[static_cast<std::size_t>(Kind::kDelivered)];
  auto& opened = planes_[static_cast<std::size_t>(Kind::kOpened)];
  auto& bounced = planes_[static_cast<std::size_t>(Kind::kBounced)];
  if (has(kind, i)) return false;
  switch (kind) {
    case Kind::kBounced:
      if (bit(delivered, i)) return false;
      set_bit(bounced, i, true);
      return true;
    case Kind::kOpened:
      set_bit(opened, i, true);
      break;
    case Kind::kDelivered:
      break;
  }
  set_bit(delivered, i, true);
  set_bit(bounced, i, false);
  return true;
}

CampaignCounts CampaignReports::counts() const {
  CampaignCounts counts;
  counts.delivered = count_bits(planes_[static_cast<std::size_t>(Kind::kDelivered)]);
  counts.opened = count_bits(planes_[static_cast<std::size_t>(Kind::kOpened)]);
  counts.bounced = count_bits(planes_[static_cast<std::size_t>(Kind::kBounced)]);
  return counts;
}

std::vector<CampaignCounts> CampaignReports::by_variant(std::span<const int> variants,
                                                        std::size_t variant_count) const {
  CHECK(variants.size() == members_);
  std::vector<CampaignCounts> counts(variant_count);
  for (std::size_t i = 0; i < members_; ++i) {
    if (variants[i] < 0) continue;
    CampaignCounts& one = counts.at(static_cast<std::size_t>(variants[i]));
    one.delivered += has(Kind::kDelivered, i) ? 1 : 0;
    one.opened += has(Kind::kOpened, i) ? 1 : 0;
    one.bounced += has(Kind::kBounced, i) ? 1 : 0;
  }
  return counts;
}

std::string CampaignReports::encode() const {
  std::string out(1, kVersion);
  append_planes(out, planes_, members_);
  return out;
}

base::Result<CampaignReports> CampaignReports::decode(std::string_view blob, std::size_t members) {
  CampaignReports reports(members);
  if (blob.empty()) return reports;
  std::string_view rest = blob.substr(1);
  if (blob.front() != kVersion || !read_planes(rest, reports.planes_, members) || !rest.empty()) {
    return damaged();
  }
  for (std::size_t i = 0; i < members; ++i) {
    const bool delivered = reports.has(Kind::kDelivered, i);
    if ((reports.has(Kind::kOpened, i) && !delivered) ||
        (reports.has(Kind::kBounced, i) && delivered)) {
      return damaged();
    }
  }
  return reports;
}

std::string_view member_state(const CampaignOutcomes& outcomes, const CampaignReports& reports,
                              std::size_t i) {
  if (reports.has(CampaignReports::Kind::kOpened, i)) return "opened";
  if (reports.has(CampaignReports::Kind::kDelivered, i)) return "delivered";
  switch (outcomes.end_of(i)) {
    case CampaignOutcomes::End::kNone:
      return "waiting";
    case CampaignOutcomes::End::kSkipped:
      return "skipped";
    case CampaignOutcomes::End::kFailed:
      return outcomes.unknown(i) ? "unknown" : "failed";
    case CampaignOutcomes::End::kSent:
      break;
  }
  return reports.has(CampaignReports::Kind::kBounced, i) ? "bounced" : "sent";
}

}  // namespace ashlar::notifications
