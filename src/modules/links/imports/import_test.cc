// Files cut into rows, wherever their pieces end, and rows read as links. Pure parts, as tables.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modules/links/imports/import_mapping.h"
#include "modules/links/imports/import_rows.h"
#include "modules/links/imports/link_export.h"

namespace ashlar::links {
namespace {

const std::string kHash =
    "$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
    "SWlHHErbwhFlaGgf7nP7vh2yQrLkwxF3u682H5RxhBM";

base::Time at(const char* text) { return base::parse_rfc3339(text).value(); }

// All rows of a file that comes in pieces of so many bytes, as Imports reads it.
std::vector<std::string> rows_of(ImportFormat format, const std::string& file, std::size_t piece) {
  std::vector<std::string> rows;
  std::size_t at_byte = 0;
  std::size_t have = 0;
  while (rows.size() < 100) {
    const std::string_view bytes = std::string_view(file).substr(at_byte, have - at_byte);
    std::optional<char> delimiter;
    if (format == ImportFormat::kCsv && !rows.empty()) delimiter = csv_delimiter(rows[0]);
    const RowFound found = next_row(format, bytes, have == file.size(), !rows.empty(), delimiter);
    at_byte += found.used;
    if (found.state == RowState::kMore && have < file.size()) {
      have = std::min(have + piece, file.size());
      continue;
    }
    if (found.state != RowState::kRow) {
      if (found.state == RowState::kBroken) rows.emplace_back("broken");
      break;
    }
    rows.emplace_back(found.text);
  }
  return rows;
}

using Rows = std::vector<std::string>;

TEST(ImportRowsTest, AreTheSameHoweverTheFileComes) {
  struct Case {
    ImportFormat format;
    std::string file;
    Rows rows;
  };
  const std::vector<Case> cases{
      {ImportFormat::kCsv, "a,b\r\n1,2\n\n3,\"x\ny\"\"z\"\n", {"a,b", "1,2", "3,\"x\ny\"\"z\""}},
      {ImportFormat::kCsv,
       "\xef\xbb\xbf"
       "a,b\n1,2",
       {"a,b", "1,2"}},
      {ImportFormat::kCsv, "\xef\xbb\xbf\n\na,b\n", {"a,b"}},
      {ImportFormat::kCsv, "a\n5\" disk\nb\n", {"a", "5\" disk", "b"}},
      {ImportFormat::kCsv, "", {}},
      {ImportFormat::kCsv, "\n \n", {}},
      {ImportFormat::kJsonl, "{\"a\":1}\n\n{\"a\":\"\\n\"}\n", {"{\"a\":1}", "{\"a\":\"\\n\"}"}},
      {ImportFormat::kJson, "[{\"a\":1}, {\"b\":[{}]}]", {"{\"a\":1}", "{\"b\":[{}]}"}},
      {ImportFormat::kJson,
       "{\"x[\":\"[\\\"\",\"data\": [\n {\"a\":\"]}\"} ,{\"b\":\"\\\"{\"}\n], \"total\": 2}",
       {"{\"a\":\"]}\"}", "{\"b\":\"\\\"{\"}"}},
      {ImportFormat::kJson, "{\"data\": []}", {}},
      {ImportFormat::kJson, "{}", {}},
      // What is no object is a row all the same, and told; what follows is read on.
      {ImportFormat::kJson,
       R"([{"a":1},null, "x,]" ,7,[1],{"b":2}])",
       {R"({"a":1})", "null", R"("x,]")", "7", "[1]", R"({"b":2})"}},
      // Pages of a list, one after the other.
      {ImportFormat::kJson,
       R"({"urls":{"data":[{"a":1}],"page":{"n":[1],"of":2}}} {"urls":{"data":[{"b":"]}"}]},"x":""})"
       "\n[] [{\"c\":1}]\n",
       {R"({"a":1})", R"({"b":"]}"})", R"({"c":1})"}},
      {ImportFormat::kJson, R"([{"a":1}] x [{"b":1}])", {R"({"a":1})", "broken"}},
      {ImportFormat::kJson, R"({"d":[{"a":1}],"x":"y)", {R"({"a":1})", "broken"}},
      // A quote opens a field behind the file's own delimiter alone.
      {ImportFormat::kCsv, "a,b\n1;\"x,2\n3,4\n", {"a,b", "1;\"x,2", "3,4"}},
  };
  for (const Case& each : cases) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1'000}}) {
      EXPECT_EQ(rows_of(each.format, each.file, piece), each.rows) << each.file << " by " << piece;
    }
  }
}

TEST(ImportRowsTest, ARowThatDoesNotEndIsFoundOut) {
  const std::string quote = "a,b\n1,\"" + std::string(kMaxRowBytes + 10, 'x') + "\n2,3\n";
  EXPECT_EQ(rows_of(ImportFormat::kCsv, quote, 1'000), (Rows{"a,b", "broken"}));
  const std::string line(kMaxRowBytes + 10, 'x');
  EXPECT_EQ(rows_of(ImportFormat::kJsonl, line, 1'000), (Rows{"broken"}));
  EXPECT_EQ(rows_of(ImportFormat::kJson, "[{\"a\":\"" + line, 1'000), (Rows{"broken"}));
}

TEST(ImportRowsTest, FieldsOfCsv) {
  EXPECT_EQ(csv_fields("a,,\"b,\"\"c\"", ','), (Rows{"a", "", "b,\"c"}));
  EXPECT_EQ(csv_fields("", ','), (Rows{""}));
  EXPECT_EQ(csv_fields("a;b", ';'), (Rows{"a", "b"}));
  for (const char* bad : {"a\"b", "\"a\"b", "\"a"}) EXPECT_EQ(csv_fields(bad, ','), Rows{}) << bad;
  EXPECT_EQ(csv_fields(std::string(kMaxColumns, ','), ','), Rows{});
  EXPECT_EQ(csv_delimiter("a;b;c,d"), ';');
  EXPECT_EQ(csv_delimiter("a\tb"), '\t');
  EXPECT_EQ(csv_delimiter("a"), ',');
}

base::Result<ImportedLink> csv(ImportSource source, const std::string& header,
                               const std::string& row) {
  return read_row(source, ImportFormat::kCsv, csv_fields(header, ','), ',', row);
}
base::Result<ImportedLink> object(ImportSource source, const std::string& row) {
  return read_row(source, ImportFormat::kJson, {}, ',', row);
}

TEST(ImportMappingTest, ShlinksCsvAndJson) {
  const auto row =
      csv(ImportSource::kShlink, "createdAt,domain,shortCode,shortUrl,longUrl,title,tags,visits",
          "2024-01-02T03:04:05+01:00,s.test,abc,https://s.test/abc,"
          "https://example.com/a,\"A, title\",one|two,7");
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->link.code, "abc");
  EXPECT_EQ(row->link.url, "https://example.com/a");
  EXPECT_EQ(row->link.title, "A, title");
  EXPECT_EQ(row->link.tags, (Rows{"one", "two"}));
  EXPECT_EQ(row->link.domain, "s.test");
  EXPECT_EQ(row->created_at, at("2024-01-02T02:04:05Z"));
  EXPECT_EQ(row->clicks, 7);
  const auto json = object(ImportSource::kShlink,
                           R"({"shortCode":"abc","shortUrl":"x","longUrl":"https://example.com/",
          "dateCreated":"2024-01-02T03:04:05+00:00","tags":["one"],
          "visitsSummary":{"total":9,"nonBots":8,"bots":1},
          "meta":{"validSince":null,"validUntil":"2030-01-01T00:00:00+00:00","maxVisits":10},
          "domain":null,"title":null,"forwardQuery":true})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->clicks, 9);
  EXPECT_EQ(json->link.expires_at, at("2030-01-01T00:00:00Z"));
  EXPECT_EQ(json->link.max_clicks, 10);
  EXPECT_EQ(json->clicks_used, 9);
  EXPECT_EQ(json->link.domain, std::nullopt);
  EXPECT_TRUE(json->link.forward_query);
}

TEST(ImportMappingTest, KuttYourlsAndBitly) {
  const auto kutt = object(ImportSource::kKutt,
                           R"({"address":"k1","target":"https://example.com/k","banned":false,
                               "description":"Mine","visit_count":3,
                               "created_at":"2024-01-02T03:04:05.678Z"})");
  ASSERT_TRUE(kutt.ok());
  EXPECT_EQ(kutt->link.code, "k1");
  EXPECT_EQ(kutt->link.notes, "Mine");
  EXPECT_EQ(kutt->clicks, 3);
  const auto yourls = csv(ImportSource::kYourls, "keyword,url,title,timestamp,ip,clicks",
                          "y1,https://example.com/y,Why,2024-01-02 03:04:05,192.0.2.1,12");
  ASSERT_TRUE(yourls.ok());
  EXPECT_EQ(yourls->link.code, "y1");
  EXPECT_EQ(yourls->created_at, at("2024-01-02T03:04:05Z"));
  EXPECT_EQ(yourls->clicks, 12);
  const auto bitly = object(ImportSource::kBitly,
                            R"({"id":"bit.ly/3abC","link":"https://bit.ly/3abC",
                                "long_url":"https://example.com/b",
                                "created_at":"2024-01-02T03:04:05+0000","tags":["x"],
                                "archived":true})");
  ASSERT_TRUE(bitly.ok());
  EXPECT_EQ(bitly->link.code, "3abC");
  EXPECT_EQ(bitly->created_at, at("2024-01-02T03:04:05Z"));
  EXPECT_TRUE(bitly->link.archived);
  const auto sheet = csv(ImportSource::kBitly, "Link,Long URL,Date Created,Total Clicks",
                         "https://bit.ly/xyz,https://example.com/,2024-01-02,5");
  ASSERT_TRUE(sheet.ok());
  EXPECT_EQ(sheet->link.code, "xyz");
  EXPECT_EQ(sheet->created_at, at("2024-01-02T00:00:00Z"));
}

TEST(ImportMappingTest, WhatIsWrongHasAReason) {
  const std::string header = "keyword,url";
  EXPECT_STREQ(csv(ImportSource::kYourls, header, "a").error().reason, "row_malformed");
  EXPECT_STREQ(csv(ImportSource::kYourls, header, "a,b,c").error().reason, "row_malformed");
  EXPECT_STREQ(csv(ImportSource::kYourls, header, "a,\xff").error().reason, "row_malformed");
  EXPECT_STREQ(csv(ImportSource::kYourls, header, "a,").error().reason, "url_missing");
  EXPECT_STREQ(
      csv(ImportSource::kYourls, "keyword,url,timestamp", "k,https://e.test/,soon").error().reason,
      "time_malformed");
  EXPECT_STREQ(object(ImportSource::kKutt, "[]").error().reason, "row_malformed");
  EXPECT_STREQ(object(ImportSource::kKutt, "{").error().reason, "row_malformed");
  EXPECT_STREQ(object(ImportSource::kKutt, "null").error().reason, "row_malformed");
  const std::string kutt = R"({"address":"k1","target":"https://example.com/k",)";
  EXPECT_STREQ(object(ImportSource::kKutt, kutt + R"("password":true})").error().reason,
               "password_not_in_file");
  EXPECT_FALSE(object(ImportSource::kKutt, kutt + R"("banned":true})")->enabled);
  EXPECT_TRUE(object(ImportSource::kKutt, kutt + R"("password":false})")->enabled);
  for (const char* clicks : {"10000000001", "9223372036854775807", "99999999999999999999999"}) {
    const std::string row = std::string("a,https://e.test/,") + clicks;
    EXPECT_STREQ(csv(ImportSource::kYourls, "keyword,url,clicks", row).error().reason,
                 "clicks_out_of_range");
  }
  EXPECT_EQ(
      csv(ImportSource::kYourls, "keyword,url,clicks", "k,https://e.test/,10000000000")->clicks,
      kMaxImportedClicks);
  EXPECT_TRUE(check_columns(ImportSource::kBitly, {"Link", "Long URL"}).ok());
  for (const std::vector<std::string>& columns :
       {Rows{"abc", "https://example.com/", "7"}, Rows{"keyword"}, Rows{"url"}, Rows{}}) {
    EXPECT_STREQ(check_columns(ImportSource::kYourls, columns).error().reason, "no_header");
  }
}

TEST(ImportMappingTest, WhatIsExportedComesBack) {
  Link link;
  link.code = "abc";
  link.url = "https://example.com/?a=\"b\"";
  link.status = 301;
  link.enabled = false;
  link.expires_at = at("2024-06-01T00:00:00Z");
  link.created_at = at("2024-01-02T03:04:05Z");
  link.clicks_used = 4;
  link.settings.max_clicks = 10;
  link.settings.title = "Quote \" and \n";
  link.settings.tags = {"one", "two"};
  link.settings.password_hash = kHash;
  link.settings.forward_query = true;
  std::string line;
  append_export_line(line, link, 99, true);
  ASSERT_TRUE(line.ends_with("}\n"));
  const auto row = read_row(ImportSource::kJsonl, ImportFormat::kJsonl, {}, ',', line);
  ASSERT_TRUE(row.ok()) << row.error().detail;
  EXPECT_EQ(row->link.code, link.code);
  EXPECT_EQ(row->link.url, link.url);
  EXPECT_EQ(row->link.status, 301);
  EXPECT_EQ(row->link.title, link.settings.title);
  EXPECT_EQ(row->link.tags, link.settings.tags);
  EXPECT_EQ(row->link.expires_at, link.expires_at);
  EXPECT_FALSE(row->enabled);
  EXPECT_EQ(row->created_at, link.created_at);
  EXPECT_EQ(row->clicks, 99);
  EXPECT_EQ(row->clicks_used, 4);
  EXPECT_EQ(row->password_hash, kHash);
  line.clear();
  append_export_line(line, link, 0, false);
  EXPECT_EQ(line.find("argon2"), std::string::npos);
  const auto unknown = read_row(ImportSource::kJsonl, ImportFormat::kJsonl, {}, ',',
                                R"({"url":"https://e.test/","x":1})");
  EXPECT_FALSE(unknown.ok());
}

TEST(ImportMappingTest, WhatAnExportDoesNotWriteIsRefused) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"("password":"open sesame")", "password_in_clear"},
      {R"("find_if_exists":true)", "find_in_import"},
      {R"("has_password":true)", "password_not_in_file"},
      {R"("clicks":9223372036854775807)", "clicks_out_of_range"},
      {R"("clicks_used":9223372036854775807)", "clicks_out_of_range"},
      {R"("password_hash":"garbage")", "bad_password_hash"},
      {R"("password_hash":7)", "bad_password_hash"},
      // Whoever opened it would take all memory, or a processor for minutes.
      {R"("password_hash":"$argon2id$v=19$m=1048576,t=2,p=1)" + kHash.substr(29) + '"',
       "bad_password_hash"},
      {R"("password_hash":"$argon2id$v=19$m=1024,t=120,p=1)" + kHash.substr(29) + '"',
       "bad_password_hash"},
  };
  for (const auto& [member, reason] : cases) {
    const auto row = read_row(ImportSource::kJsonl, ImportFormat::kJsonl, {}, ',',
                              R"({"url":"https://e.test/",)" + member + "}");
    ASSERT_FALSE(row.ok()) << member;
    EXPECT_EQ(row.error().reason, reason) << member;
  }
}

}  // namespace
}  // namespace ashlar::links
