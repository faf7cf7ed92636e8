#include "modules/notifications/template/locale_formats.h"

#include <unicode/calendar.h>
#include <unicode/datefmt.h>
#include <unicode/locid.h>
#include <unicode/numberformatter.h>
#include <unicode/plurrule.h>
#include <unicode/simpletz.h>
#include <unicode/strenum.h>
#include <unicode/timezone.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "base/check.h"
#include "base/currency.h"
#include "base/text.h"

namespace ashlar::notifications {
namespace {

using icu::number::LocalizedNumberFormatter;
using icu::number::NumberFormatter;

constexpr std::size_t kMaxTagBytes = 35;
constexpr std::array<std::string_view, 6> kForms = {"zero", "one", "two", "few", "many", "other"};
constexpr std::array<icu::DateFormat::EStyle, 4> kStyles = {
    icu::DateFormat::kShort, icu::DateFormat::kMedium, icu::DateFormat::kLong,
    icu::DateFormat::kFull};

icu::UnicodeString wide(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

void append(const icu::UnicodeString& text, std::string& out) {
  icu::StringByteSink<std::string> sink(&out);
  text.toUTF8(sink);
}

PluralForm form_of(const icu::UnicodeString& keyword) {
  switch (keyword.charAt(0)) {
    case u'z':
      return PluralForm::kZero;
    case u't':
      return PluralForm::kTwo;
    case u'f':
      return PluralForm::kFew;
    case u'm':
      return PluralForm::kMany;
    default:
      return keyword.charAt(1) == u'n' ? PluralForm::kOne : PluralForm::kOther;
  }
}

icu::Locale icu_locale(std::string_view tag) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale locale = icu::Locale::forLanguageTag(
      icu::StringPiece(tag.data(), static_cast<std::int32_t>(tag.size())), status);
  return U_SUCCESS(status) ? locale : icu::Locale::getRoot();
}

// ICU has its own data of zones, which may be of another year than ours: its name is used only
// where it means the same.
std::unique_ptr<icu::TimeZone> icu_zone(const zone::TimeZone& zone, base::Time t) {
  const auto offset_ms = static_cast<std::int32_t>(zone.at(t).offset().count() * 1000);
  const double at_ms = static_cast<double>(base::to_micros(t)) / 1000;
  std::unique_ptr<icu::TimeZone> named(icu::TimeZone::createTimeZone(wide(zone.name())));
  UErrorCode status = U_ZERO_ERROR;
  std::int32_t raw_ms = 0;
  std::int32_t saving_ms = 0;
  named->getOffset(at_ms, 0, raw_ms, saving_ms, status);
  if (U_SUCCESS(status) && raw_ms + saving_ms == offset_ms &&
      *named != icu::TimeZone::getUnknown()) {
    return named;
  }
  const std::int32_t minutes = offset_ms / 60'000;
  std::string name = minutes < 0 ? "GMT-" : "GMT+";
  for (const std::int32_t part : {std::abs(minutes) / 60, std::abs(minutes) % 60}) {
    name += static_cast<char>('0' + part / 10);
    name += static_cast<char>('0' + part % 10);
  }
  return std::make_unique<icu::SimpleTimeZone>(offset_ms, wide(name));
}

}  // namespace

struct LocaleFormats::Icu {
  explicit Icu(std::string_view tag) : locale(icu_locale(tag)) {
    UErrorCode status = U_ZERO_ERROR;
    cardinal.reset(icu::PluralRules::forLocale(locale, UPLURAL_TYPE_CARDINAL, status));
    ordinal.reset(icu::PluralRules::forLocale(locale, UPLURAL_TYPE_ORDINAL, status));
    CHECK(U_SUCCESS(status));
    using icu::number::Precision;
    const auto base = NumberFormatter::withLocale(locale);
    numbers = {base.precision(Precision::maxFraction(3)), base.precision(Precision::integer()),
               base.unit(icu::MeasureUnit::getPercent())
                   .scale(icu::number::Scale::powerOfTen(2))
                   .precision(Precision::integer())};
  }

  struct Dates {
    std::unique_ptr<icu::DateFormat> format;
    std::string zone;
    std::int64_t offset_s = 0;
  };

  // One formatting under the lock: a DateFormat has its calendar inside.
  void format(bool date, base::Time t, const zone::TimeZone& zone, DateStyle style,
              std::string& out) {
    const std::int64_t offset_s = zone.at(t).offset().count();
    const std::lock_guard lock(mutex);
    Dates& dates = kept[(date ? 0U : 4U) + static_cast<std::size_t>(style)];
    if (!dates.format) {
      const auto icu_style = kStyles[static_cast<std::size_t>(style)];
      dates.format.reset(date ? icu::DateFormat::createDateInstance(icu_style, locale)
                              : icu::DateFormat::createTimeInstance(icu_style, locale));
    }
    CHECK(dates.format != nullptr);
    if (dates.zone != zone.name() || dates.offset_s != offset_s) {
      dates.format->adoptTimeZone(icu_zone(zone, t).release());
      dates.zone = zone.name();
      dates.offset_s = offset_s;
    }
    icu::UnicodeString text;
    dates.format->format(static_cast<double>(base::to_micros(t)) / 1000, text);
    append(text, out);
  }

  // Made once for each currency and kept; there are some 150.
  const LocalizedNumberFormatter& currency(std::string_view code) {
    const int digits = base::currency_digits(code).value_or(0);
    std::array<char, 4> upper{};
    for (std::size_t i = 0; i < 3 && i < code.size(); ++i) {
      upper[i] =
          code[i] >= 'a' && code[i] <= 'z' ? static_cast<char>(code[i] - 'a' + 'A') : code[i];
    }
    const std::lock_guard lock(mutex);
    const auto found = currencies.find(upper);
    if (found != currencies.end()) return found->second;
    UErrorCode status = U_ZERO_ERROR;
    const icu::CurrencyUnit unit(icu::StringPiece(upper.data()), status);
    return currencies
        .emplace(upper, NumberFormatter::withLocale(locale)
                            .unit(unit)
                            .scale(icu::number::Scale::powerOfTen(-digits))
                            .precision(icu::number::Precision::fixedFraction(digits)))
        .first->second;
  }

  icu::Locale locale;
  std::unique_ptr<icu::PluralRules> cardinal, ordinal;
  std::array<LocalizedNumberFormatter, 3> numbers;
  std::mutex mutex;
  std::array<Dates, 8> kept;  // guarded by mutex; dates, then times
  std::map<std::array<char, 4>, LocalizedNumberFormatter> currencies;  // guarded by mutex
};

std::string_view name_of(PluralForm form) { return kForms[static_cast<std::size_t>(form)]; }

LocaleFormats::LocaleFormats(std::string tag)
    : tag_(std::move(tag)), icu_(std::make_unique<Icu>(tag_)) {}
LocaleFormats::~LocaleFormats() = default;

namespace {

PluralForm select(const icu::PluralRules& rules, const LocalizedNumberFormatter& decimal,
                  const Number& number) {
  if (number.whole && number.integer >= INT32_MIN && number.integer <= INT32_MAX) {
    return form_of(rules.select(static_cast<std::int32_t>(number.integer)));
  }
  // A fraction's form goes by the digits that are shown.
  UErrorCode status = U_ZERO_ERROR;
  const auto formatted = number.whole ? decimal.formatInt(number.integer, status)
                                      : decimal.formatDouble(number.real, status);
  const icu::UnicodeString keyword = rules.select(formatted, status);
  return U_SUCCESS(status) ? form_of(keyword) : PluralForm::kOther;
}

}  // namespace

PluralForm LocaleFormats::cardinal(const Number& number) const {
  return select(*icu_->cardinal, icu_->numbers[0], number);
}
PluralForm LocaleFormats::ordinal(const Number& number) const {
  return select(*icu_->ordinal, icu_->numbers[0], number);
}

std::vector<PluralForm> LocaleFormats::forms(bool ordinal) const {
  UErrorCode status = U_ZERO_ERROR;
  const auto& rules = ordinal ? icu_->ordinal : icu_->cardinal;
  const std::unique_ptr<icu::StringEnumeration> keywords(rules->getKeywords(status));
  std::vector<PluralForm> out;
  while (U_SUCCESS(status) && keywords) {
    const icu::UnicodeString* keyword = keywords->snext(status);
    if (keyword == nullptr) break;
    out.push_back(form_of(*keyword));
  }
  std::sort(out.begin(), out.end());
  return out;
}

void LocaleFormats::number(const Number& number, NumberStyle style, std::string& out) const {
  UErrorCode status = U_ZERO_ERROR;
  const LocalizedNumberFormatter& format = icu_->numbers[static_cast<std::size_t>(style)];
  const auto formatted = number.whole ? format.formatInt(number.integer, status)
                                      : format.formatDouble(number.real, status);
  append(formatted.toTempString(status), out);
}

void LocaleFormats::money(std::int64_t minor_units, std::string_view currency,
                          std::string& out) const {
  UErrorCode status = U_ZERO_ERROR;
  const auto formatted = icu_->currency(currency).formatInt(minor_units, status);
  append(formatted.toTempString(status), out);
}

void LocaleFormats::date(base::Time t, const zone::TimeZone& zone, DateStyle style,
                         std::string& out) const {
  icu_->format(true, t, zone, style, out);
}
void LocaleFormats::time(base::Time t, const zone::TimeZone& zone, DateStyle style,
                         std::string& out) const {
  icu_->format(false, t, zone, style, out);
}

// Subtags by their length and kind: language, script?, region?, variants. Extensions are refused:
// they would choose other numbers and calendars than the place has.
bool is_locale(std::string_view tag) {
  if (tag.empty() || tag.size() > kMaxTagBytes) return false;
  std::size_t index = 0;
  for (std::string_view rest = tag; !rest.empty() || index == 0; ++index) {
    const std::size_t end = std::min(rest.find('-'), rest.size());
    const std::string_view part = rest.substr(0, end);
    const bool last = end == rest.size();
    rest = last ? std::string_view{} : rest.substr(end + 1);
    if (!last && rest.empty()) return false;
    const auto letter = [](char c) {
      return base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'z';
    };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool letters = std::all_of(part.begin(), part.end(), letter);
    if (index == 0) {
      if (!letters || part.size() < 2 || part.size() > 3) return false;
      continue;
    }
    if (!std::all_of(part.begin(), part.end(), [&](char c) { return letter(c) || digit(c); })) {
      return false;
    }
    const bool digits = std::all_of(part.begin(), part.end(), digit);
    const bool region = (part.size() == 2 && letters) || (part.size() == 3 && digits);
    const bool script = part.size() == 4 && letters && index == 1;
    const bool variant =
        (part.size() >= 5 && part.size() <= 8) || (part.size() == 4 && digit(part[0]));
    if (!region && !script && !variant) return false;
  }
  return true;
}

std::string canonical_locale(std::string_view tag) {
  std::string text(tag);
  std::replace(text.begin(), text.end(), '_', '-');
  if (!is_locale(text)) return std::string(tag);
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('-', begin), text.size());
    const std::size_t size = end - begin;
    for (std::size_t i = begin; i < end; ++i) {
      char& c = text[i];
      c = base::ascii_lower(c);
      const bool upper = begin > 0 && (size == 2 || (size == 4 && i == begin));
      if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    begin = end + 1;
  }
  return text;
}

std::string_view parent_locale(std::string_view tag) {
  const std::size_t cut = tag.rfind('-');
  return cut == std::string_view::npos ? std::string_view{} : tag.substr(0, cut);
}

std::shared_ptr<const LocaleFormats> FormatCache::of(std::string_view tag) {
  std::string key(tag);
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(key);
  if (found != kept_.end()) return found->second;
  if (kept_.size() >= kMax) kept_.clear();
  return kept_.emplace(key, std::make_shared<const LocaleFormats>(key)).first->second;
}

}  // namespace ashlar::notifications
