// LocaleFormats: numbers, dates and plural forms of one language and place, by ICU, whose types
// stay in the source file. FormatCache keeps those in use.
//
// Any thread may call. Formatters are made at their first use and kept. Numbers and plurals take no
// lock after that; dates take one of this locale for the time of one formatting.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "platform/zone/time_zone.h"

namespace ashlar::notifications {

enum class PluralForm : std::uint8_t { kZero, kOne, kTwo, kFew, kMany, kOther };
std::string_view name_of(PluralForm form);  // "zero", "one", …

enum class NumberStyle : std::uint8_t { kDecimal, kInteger, kPercent };
enum class DateStyle : std::uint8_t { kShort, kMedium, kLong, kFull };

// A whole number or a fraction, as JSON has them.
struct Number {
  bool whole = true;
  std::int64_t integer = 0;
  double real = 0;

  [[nodiscard]] double as_real() const { return whole ? static_cast<double>(integer) : real; }
};

class LocaleFormats {
 public:
  // REQUIRES: is_locale(tag).
  explicit LocaleFormats(std::string tag);
  ~LocaleFormats();
  LocaleFormats(const LocaleFormats&) = delete;
  LocaleFormats& operator=(const LocaleFormats&) = delete;

  [[nodiscard]] const std::string& tag() const { return tag_; }

  [[nodiscard]] PluralForm cardinal(const Number& number) const;
  [[nodiscard]] PluralForm ordinal(const Number& number) const;
  // Those that a message in this language may need; "other" always is one.
  [[nodiscard]] std::vector<PluralForm> forms(bool ordinal) const;

  // Appended to `out`, UTF-8.
  void number(const Number& number, NumberStyle style, std::string& out) const;
  void money(std::int64_t minor_units, std::string_view currency, std::string& out) const;
  // As the clock in `zone` shows it; long and full times name the zone.
  void date(base::Time t, const zone::TimeZone& zone, DateStyle style, std::string& out) const;
  void time(base::Time t, const zone::TimeZone& zone, DateStyle style, std::string& out) const;

 private:
  struct Icu;
  std::string tag_;
  std::unique_ptr<Icu> icu_;
};

// Well-formed BCP 47, language first, at most 35 bytes: "de", "de-AT", "zh-Hant-TW".
bool is_locale(std::string_view tag);
// "DE_at" -> "de-AT"; as it is where it is no locale.
std::string canonical_locale(std::string_view tag);
// "zh-Hant-TW" -> "zh-Hant" -> "zh" -> "".
std::string_view parent_locale(std::string_view tag);

class FormatCache {
 public:
  // More than there are locales in use; beyond them all are dropped, and made again as needed.
  static constexpr std::size_t kMax = 512;

  // REQUIRES: is_locale(tag).
  std::shared_ptr<const LocaleFormats> of(std::string_view tag);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const LocaleFormats>> kept_;
};

}  // namespace ashlar::notifications
