#include "modules/payments/ledger/codec/chain.h"

#include <limits>
#include <utility>

#include "base/check.h"
#include "base/varint.h"
#include "platform/security/digest.h"

namespace ashlar::ledger {
namespace {

constexpr std::string_view kMagic = "ashlar batch 1";

void put(std::string& out, std::int64_t value) {
  base::append_varint(
      out, (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63));
}
void put(std::string& out, std::string_view text) {
  base::append_varint(out, text.size());
  out += text;
}
void put(std::string& out, base::Time at) { put(out, base::to_micros(at)); }

std::int64_t bits(const AccountRules& rules) {
  return (rules.debits_must_not_exceed_credits ? 1 : 0) |
         (rules.credits_must_not_exceed_debits ? 2 : 0) | (rules.reserved ? 4 : 0);
}

void put(std::string& out, const Account& account) {
  put(out, account.no.value);
  put(out, account.id);
  put(out, account.currency);
  put(out, bits(account.rules));
  put(out, account.created_at);
  put(out, account.name);
  put(out, account.metadata);
}

void put(std::string& out, const Movement& leg) {
  put(out, leg.account.value);
  put(out, leg.leg_no);
  put(out, std::int64_t{leg.side == Side::kCredit});
  put(out, leg.posted);
  put(out, leg.pending);
  put(out, leg.after.debits_pending);
  put(out, leg.after.debits_posted);
  put(out, leg.after.credits_pending);
  put(out, leg.after.credits_posted);
}

void put(std::string& out, const Entry& entry) {
  put(out, entry.no);
  put(out, entry.id);
  put(out, static_cast<std::int64_t>(entry.kind));
  put(out, entry.hold_no);
  put(out, entry.at);
  put(out, entry.timeout ? std::int64_t{entry.timeout->count()} : std::int64_t{-1});
  put(out, std::int64_t{entry.flags});
  put(out, entry.asked);
  put(out, entry.code);
  put(out, entry.metadata);
  base::append_varint(out, entry.legs.size());
  for (const Movement& leg : entry.legs) put(out, leg);
}

// Reads what put() wrote. Once something was wrong, all that follows is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t count() {
    std::uint64_t value = 0;
    const std::string_view before = rest_;
    if (!good_ || !base::read_varint(rest_, value)) return fail(), 0;
    // One number has one form.
    std::string again;
    base::append_varint(again, value);
    if (before.size() - rest_.size() != again.size()) return fail(), 0;
    return value;
  }
  std::int64_t integer() {
    const std::uint64_t value = count();
    return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
  }
  std::int64_t integer(std::int64_t most) {
    const std::int64_t value = integer();
    if (value < 0 || value > most) fail();
    return good_ ? value : 0;
  }
  std::string text() {
    const std::uint64_t size = count();
    if (!good_ || size > rest_.size()) return fail(), std::string();
    std::string out(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return out;
  }
  base::Time time() { return base::from_micros(integer()); }
  // Of what takes at least a byte each, so that no count makes us reserve more than there is.
  std::size_t items() {
    const std::uint64_t value = count();
    if (value > rest_.size()) fail();
    return good_ ? static_cast<std::size_t>(value) : 0;
  }

  void fail() {
    good_ = false;
    rest_ = {};
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool finished() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

Account read_account(Reader& in) {
  Account account;
  account.no = AccountNo{in.integer()};
  account.id = in.text();
  account.currency = in.text();
  const std::int64_t rules = in.integer(7);
  account.rules = {.debits_must_not_exceed_credits = (rules & 1) != 0,
                   .credits_must_not_exceed_debits = (rules & 2) != 0,
                   .reserved = (rules & 4) != 0};
  account.created_at = in.time();
  account.name = in.text();
  account.metadata = in.text();
  return account;
}

Movement read_leg(Reader& in) {
  Movement leg;
  leg.account = AccountNo{in.integer()};
  leg.leg_no = in.integer();
  leg.side = in.integer(1) == 1 ? Side::kCredit : Side::kDebit;
  leg.posted = in.integer();
  leg.pending = in.integer();
  leg.after.debits_pending = in.integer();
  leg.after.debits_posted = in.integer();
  leg.after.credits_pending = in.integer();
  leg.after.credits_posted = in.integer();
  return leg;
}

Entry read_entry(Reader& in) {
  Entry entry;
  entry.no = in.integer();
  entry.id = in.text();
  entry.kind = static_cast<TransferKind>(in.integer(4));
  entry.hold_no = in.integer();
  entry.at = in.time();
  const std::int64_t timeout = in.integer();
  if (timeout < -1) in.fail();
  if (timeout >= 0) entry.timeout = base::Millis(timeout);
  entry.flags = static_cast<std::uint16_t>(in.integer(std::numeric_limits<std::uint16_t>::max()));
  entry.asked = in.integer();
  entry.code = in.text();
  entry.metadata = in.text();
  for (std::size_t n = in.items(); n > 0 && in.good(); --n) entry.legs.push_back(read_leg(in));
  return entry;
}

}  // namespace

std::string first_hash() { return std::string(kHashBytes, '\0'); }

BatchEncoder::BatchEncoder(std::int64_t seq, base::Time at) : bytes_(kMagic) {
  put(bytes_, seq);
  put(bytes_, at);
}

void BatchEncoder::accounts(std::span<const Account* const> opened) {
  base::append_varint(bytes_, opened.size());
  for (const Account* account : opened) put(bytes_, *account);
}

void BatchEncoder::entries(std::span<const Entry> entries) {
  base::append_varint(bytes_, entries.size());
  for (const Entry& entry : entries) put(bytes_, entry);
}

void BatchEncoder::burned(std::int64_t first, std::span<const Burned> burned) {
  base::append_varint(bytes_, burned.size());
  for (const Burned& one : burned) {
    put(bytes_, first++);
    put(bytes_, one.id);
    put(bytes_, static_cast<std::int64_t>(one.verdict));
  }
}

std::string BatchEncoder::hash(std::string_view previous) const {
  CHECK(previous.size() == kHashBytes);
  return security::sha256(std::string(previous) + bytes_);
}

std::string encode(const BatchContent& batch) {
  BatchEncoder encoder(batch.seq, batch.at);
  std::vector<const Account*> accounts;
  accounts.reserve(batch.accounts.size());
  for (const Account& account : batch.accounts) accounts.push_back(&account);
  encoder.accounts(accounts);
  encoder.entries(batch.entries);
  encoder.burned(batch.first_burned, batch.burned);
  return encoder.bytes();
}

std::optional<BatchContent> decode(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::nullopt;
  Reader in(bytes.substr(kMagic.size()));
  BatchContent batch;
  batch.seq = in.integer();
  batch.at = in.time();
  for (std::size_t n = in.items(); n > 0 && in.good(); --n) {
    batch.accounts.push_back(read_account(in));
  }
  for (std::size_t n = in.items(); n > 0 && in.good(); --n) {
    batch.entries.push_back(read_entry(in));
  }
  const std::size_t burned = in.items();
  for (std::size_t i = 0; i < burned && in.good(); ++i) {
    const std::int64_t no = in.integer();
    if (i == 0) batch.first_burned = no;
    if (no != batch.first_burned + static_cast<std::int64_t>(i)) in.fail();
    Burned one;
    one.id = in.text();
    one.verdict = static_cast<Verdict>(in.integer(static_cast<std::int64_t>(kVerdicts) - 1));
    batch.burned.push_back(std::move(one));
  }
  if (!in.finished()) return std::nullopt;
  return batch;
}

}  // namespace ashlar::ledger
