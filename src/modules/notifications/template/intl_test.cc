// Against JavaScript's Intl and intl-messageformat: what they made of plurals, numbers, dates and
// messages in 100 languages (test/templates/intl.tsv, made by record.mjs beside it). They stand on
// CLDR 48, Debian's ICU on CLDR 42: where languages have changed between, differences.tsv has what
// ours gives, and this test fails where one of them is none any more.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "modules/notifications/template/message.h"
#include "platform/json/parse.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

// No-break spaces as blanks, marks of direction left out: as the table has them.
std::string plain(std::string text) {
  const std::vector<std::pair<std::string, std::string>> marks = {{"\u00a0", " "}, {"\u202f", " "},
                                                                  {"\u2009", " "}, {"\u200e", ""},
                                                                  {"\u200f", ""},  {"\u061c", ""}};
  for (const auto& [from, to] : marks) {
    for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at)) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

Number number_of(const std::string& text) {
  const bool whole = text.find('.') == text.npos;
  return {whole, whole ? std::stoll(text) : 0, whole ? 0 : std::stod(text)};
}

class Formatted {
 public:
  // What ours makes of a row.
  std::string of(const std::vector<std::string>& row) {
    const std::string& kind = row[0];
    const auto formats = cache_.of(row[1]);
    if (kind == "message") return message(*formats, row[2]);
    const std::vector<std::string> cells = split(row[2], ' ');
    std::string out;
    if (kind == "cardinal" || kind == "ordinal") {
      for (const std::string& cell : cells) {
        const Number n = number_of(cell);
        const PluralForm form = kind == "cardinal" ? formats->cardinal(n) : formats->ordinal(n);
        out += (out.empty() ? "" : " ") + std::string(name_of(form));
      }
    } else if (kind == "money") {
      formats->money(std::stoll(cells[0]), cells[1], out);
    } else if (kind == "date" || kind == "time") {
      const std::map<std::string, DateStyle> styles = {{"short", DateStyle::kShort},
                                                       {"medium", DateStyle::kMedium},
                                                       {"long", DateStyle::kLong},
                                                       {"full", DateStyle::kFull}};
      const base::Time t = *base::parse_rfc3339(cells[1]);
      if (kind == "date") formats->date(t, *vienna_, styles.at(cells[0]), out);
      if (kind == "time") formats->time(t, *vienna_, styles.at(cells[0]), out);
    } else {
      const std::map<std::string, NumberStyle> styles = {{"decimal", NumberStyle::kDecimal},
                                                         {"integer", NumberStyle::kInteger},
                                                         {"percent", NumberStyle::kPercent}};
      formats->number(number_of(cells[0]), styles.at(kind), out);
    }
    return plain(out);
  }

 private:
  std::string message(const LocaleFormats& formats, const std::string& what) {
    static const auto fields = *TemplateFields::of(
        *json::parse(R"({"name":{"type":"string"},"n":{"type":"integer"}})"), "/fields");
    const json::Value row = *json::parse(what);
    const auto message =
        compile_message(*row.find("pattern")->if_string(), TextKind::kPlain, fields, formats, "");
    if (!message.ok()) return message.error().fields[0].detail;
    std::string out;
    const json::Value data = *fields.apply(row);
    const auto written = write_message(*message, {data, formats, formats, *vienna_}, out);
    return written.ok() ? plain(out) : written.error().detail;
  }

  FormatCache cache_;
  std::shared_ptr<const zone::TimeZone> vienna_ = *zone::ZoneDirectory().find("Europe/Vienna");
};

TEST(Intl, SaysTheSame) {
  std::ifstream table("test/templates/intl.tsv");
  std::ifstream differences("test/templates/differences.tsv");
  ASSERT_TRUE(table && differences) << "run from the project's folder";
  std::map<std::string, std::string> known;  // kind, locale and what -> ours
  for (std::string line; std::getline(differences, line);) {
    const std::size_t last = line.rfind('\t');
    if (!line.starts_with('#')) known[line.substr(0, last)] = line.substr(last + 1);
  }
  Formatted ours;
  std::size_t same = 0;
  std::map<std::string, int> of_kind;
  std::set<std::string> used;
  for (std::string line; std::getline(table, line);) {
    const std::vector<std::string> row = split(line, '\t');
    ASSERT_GE(row.size(), 3U) << line;
    const std::string theirs = row.size() > 3 ? row[3] : "";
    const std::string key = row[0] + '\t' + row[1] + '\t' + row[2];
    const std::string out = ours.of(row);
    ++of_kind[row[0]];
    if (out == theirs) {
      ++same;
      EXPECT_FALSE(known.contains(key)) << key << " is no difference any more";
      continue;
    }
    used.insert(key);
    const auto expected = known.find(key);
    EXPECT_EQ(out, expected == known.end() ? theirs : expected->second) << key;
  }
  EXPECT_EQ(used.size(), known.size());
  EXPECT_EQ(of_kind.size(), 9U);
  EXPECT_GT(same, 5'000U);
  RecordProperty("same", std::to_string(same));
  RecordProperty("differ", std::to_string(used.size()));
}

}  // namespace
}  // namespace ashlar::notifications
