#include "modules/payments/ids.h"

#include <array>

#include "base/check.h"
#include "base/encoding.h"
#include "base/entropy.h"

namespace ashlar::payments {
namespace {

constexpr std::size_t kTimeBytes = 9;  // of microseconds: good until the year 2398
constexpr std::size_t kNumberBytes = 2;
constexpr std::size_t kEventBytes = 4;

struct Subject {
  std::string_view prefix;
  char letter;
};
constexpr std::array<Subject, 4> kSubjects{
    {{"pay_", 'y'}, {"cus_", 'c'}, {"pm_", 'm'}, {"po_", 'o'}}};

bool is_base62(std::string_view text) {
  return text.find_first_not_of(base::kBase62Alphabet) == std::string_view::npos;
}

std::string_view after_prefix(std::string_view id) {
  const std::size_t mark = id.find('_');
  return mark == std::string_view::npos ? std::string_view() : id.substr(mark + 1);
}

}  // namespace

std::string lowest_id(std::string_view prefix, base::Time at) {
  const std::int64_t micros = base::to_micros(at);
  return std::string(prefix) +
         base::base62_encode(static_cast<std::uint64_t>(micros > 0 ? micros : 0), kTimeBytes);
}

std::string new_id(std::string_view prefix, base::Time now, base::Entropy& entropy) {
  std::string id = lowest_id(prefix, now);
  id += entropy.base62(kStemBytes - kTimeBytes);
  return id;
}

std::string part_id(std::string_view prefix, std::string_view payment, std::int64_t number) {
  CHECK(number >= 1 && number <= kMaxParts);
  std::string id(prefix);
  id += after_prefix(payment);
  id += base::base62_encode(static_cast<std::uint64_t>(number), kNumberBytes);
  return id;
}

std::optional<std::string> payment_of(std::string_view id) {
  static constexpr std::array<Subject, 6> kParts{{{"pay_", '\0'},
                                                  {"ch_", '\0'},
                                                  {"cap_", '\0'},
                                                  {"re_", '\0'},
                                                  {"dp_", '\0'},
                                                  {"txn_", '\0'}}};
  for (const Subject& part : kParts) {
    if (!id.starts_with(part.prefix)) continue;
    const std::string_view rest = id.substr(part.prefix.size());
    const std::size_t wanted = part.prefix == "pay_"   ? kStemBytes
                               : part.prefix == "txn_" ? kStemBytes + 1 + kNumberBytes
                                                       : kStemBytes + kNumberBytes;
    if (rest.size() != wanted || !is_base62(rest)) return std::nullopt;
    return "pay_" + std::string(rest.substr(0, kStemBytes));
  }
  return std::nullopt;
}

std::string entry_id(std::string_view part, char kind) {
  const std::string_view rest = after_prefix(part);
  CHECK(rest.size() == kStemBytes || rest.size() == kStemBytes + kNumberBytes);
  std::string id = "txn_";
  id += rest.substr(0, kStemBytes);
  id += kind;
  id += rest.size() == kStemBytes ? std::string_view("01") : rest.substr(kStemBytes);
  return id;
}

std::string event_id(std::string_view subject, std::int64_t no) {
  CHECK(no >= 1 && no <= kMaxEvents);
  std::string id = "evt_";
  for (const Subject& one : kSubjects) {
    if (!subject.starts_with(one.prefix)) continue;
    id += one.letter;
    id += subject.substr(one.prefix.size());
  }
  id += base::base62_encode(static_cast<std::uint64_t>(no), kEventBytes);
  return id;
}

std::optional<EventPlace> event_place(std::string_view id) {
  constexpr std::size_t kBytes = 4 + 1 + kStemBytes + kEventBytes;
  if (id.size() != kBytes || !id.starts_with("evt_") || !is_base62(id.substr(4)))
    return std::nullopt;
  for (const Subject& one : kSubjects) {
    if (one.letter != id[4]) continue;
    const auto no = base::base62_decode(id.substr(kBytes - kEventBytes));
    if (!no || *no == 0) return std::nullopt;
    return EventPlace{std::string(one.prefix) + std::string(id.substr(5, kStemBytes)),
                      static_cast<std::int64_t>(*no)};
  }
  return std::nullopt;
}

}  // namespace ashlar::payments
