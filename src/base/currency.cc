#include "base/currency.h"

#include <array>

namespace ashlar::base {
namespace {

constexpr std::size_t kLetters = 3;

// Codes without anything between, by the digits of their minor units.
struct Row {
  int digits;
  std::string_view codes;
};
constexpr std::array<Row, 3> kRows{{
    {2,
     "AEDAFNALLAMDAOAARSAUDAWGAZNBAMBBDBDTBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCNYCOPCRCCUPCVECZK"
     "DKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGTQGYDHKDHNLHTGHUFIDRILSINRIRRJMDKESKGSKHRKPWKYD"
     "KZTLAKLBPLKRLRDLSLMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMYRMZNNADNGNNIONOKNPRNZDPABPENPGKPHP"
     "PKRPLNQARRONRSDRUBSARSBDSCRSDGSEKSGDSHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTOPTRYTTDTWDTZSUAH"
     "USDUYUUZSVEDVESWSTXCDXCGYERZARZMWZWG"},
    {0, "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXVNDVUVXAFXOFXPF"},
    {3, "BHDIQDJODKWDLYDOMRTND"},
}};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

}  // namespace

std::optional<int> currency_digits(std::string_view code) {
  if (code.size() != kLetters) return std::nullopt;
  const std::string wanted = upper(code);
  for (const Row& row : kRows) {
    for (std::size_t at = 0; at < row.codes.size(); at += kLetters) {
      if (row.codes.substr(at, kLetters) == wanted) return row.digits;
    }
  }
  return std::nullopt;
}

std::string format_amount(std::int64_t amount, std::string_view currency) {
  const auto magnitude = static_cast<std::uint64_t>(amount);
  std::string text = std::to_string(amount < 0 ? 0 - magnitude : magnitude);
  const auto part = static_cast<std::size_t>(currency_digits(currency).value_or(0));
  if (text.size() <= part) text.insert(0, part + 1 - text.size(), '0');
  if (part > 0) text.insert(text.size() - part, 1, '.');
  return amount < 0 ? "-" + text : text;
}

std::string format_money(std::int64_t amount, std::string_view currency) {
  return format_amount(amount, currency) + " " + upper(currency);
}

}  // namespace ashlar::base
