// The request and the answer on the wire: protobuf and proto-JSON, tables of bytes and texts.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "modules/limits/rls_call.h"
#include "modules/limits/rls_json.h"
#include "modules/limits/rls_proto.h"
#include "platform/json/parse.h"
#include "platform/proto/writer.h"

namespace ashlar::limits {
namespace {

std::string sample_request() {
  std::string bytes;
  proto::Writer out(bytes);
  out.text(1, "shop");
  {
    const auto descriptor = out.message(2);
    for (const auto& [key, value] : {std::pair("user", "ann"), std::pair("path", "")}) {
      const auto entry = out.message(1);
      out.text(1, key);
      out.text(2, value);
    }
    {
      const auto limit = out.message(2);
      out.u64(1, 5);
      out.u64(2, 4);
    }
    {
      const auto hits = out.message(3);
      out.u64(1, std::uint64_t{1} << 40);
    }
    out.boolean(4, true);
    out.text(99, "a field of a later version");
  }
  {
    const auto empty = out.message(2);
  }
  out.u64(3, 7);
  return bytes;
}

TEST(RlsWire, ReadsEveryFieldOfARequest) {
  RlsRequest request;
  const std::string bytes = sample_request();
  ASSERT_TRUE(read_rls_request(bytes, request).ok());
  EXPECT_EQ(request.domain, "shop");
  EXPECT_EQ(request.hits_addend, 7U);
  ASSERT_EQ(request.descriptors.size(), 2U);
  const RlsAsk& first = request.descriptors[0];
  ASSERT_EQ(request.entries_of(first).size(), 2U);
  EXPECT_EQ(request.entries_of(first)[0].value, "ann");
  EXPECT_EQ(request.entries_of(first)[1].key, "path");
  EXPECT_EQ(first.limit->requests_per_unit, 5U);
  EXPECT_EQ(first.limit->unit, 4);
  EXPECT_EQ(first.hits_addend, std::uint64_t{1} << 40);
  EXPECT_TRUE(first.is_negative_hits);
  EXPECT_EQ(request.descriptors[1].entries, 0U);
  EXPECT_FALSE(request.descriptors[1].limit || request.descriptors[1].hits_addend);
}

TEST(RlsWire, EveryCutOfARequestIsRefusedOrShorter) {
  const std::string bytes = sample_request();
  std::size_t refused = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    RlsRequest request;
    if (!read_rls_request(std::string_view(bytes).substr(0, size), request).ok()) ++refused;
  }
  EXPECT_GT(refused, bytes.size() / 2);
}

TEST(RlsWire, RefusesTooManyEntries) {
  std::string bytes;
  proto::Writer out(bytes);
  {
    const auto descriptor = out.message(2);
    for (std::size_t i = 0; i < RlsRequest::kMaxEntries; ++i) const auto entry = out.message(1);
  }
  RlsRequest request;
  EXPECT_TRUE(read_rls_request(bytes, request).ok());
  {
    const auto descriptor = out.message(2);
    const auto entry = out.message(1);
  }
  RlsRequest again;
  EXPECT_FALSE(read_rls_request(bytes, again).ok());
}

RlsResponse sample_response() {
  RlsResponse response;
  response.overall_code = RlsCode::kOverLimit;
  response.statuses.resize(2);
  RlsStatus& over = response.statuses[0];
  over.code = RlsCode::kOverLimit;
  over.has_limit = true;
  over.unit = RlsUnit::kHour;
  over.requests_per_unit = 300;
  over.name = "n";
  over.reset_s = 3600;
  response.statuses[1].limit_remaining = 0xffffffff;
  response.headers.emplace_back("a", "b");
  response.metadata.emplace_back("k", json::Value(true));
  return response;
}

TEST(RlsWire, WritesAnAnswerAsProtobuf) {
  std::string bytes;
  write_rls_response(sample_response(), bytes);
  const std::string_view expected(
      "\x08\x02"                                                                   // OVER_LIMIT
      "\x12\x11\x08\x02\x12\x08\x08\xac\x02\x10\x03\x1a\x01n\x22\x03\x08\x90\x1c"  // 300 an hour
      "\x12\x08\x08\x01\x18\xff\xff\xff\xff\x0f"                                   // OK, unlimited
      "\x1a\x06\x0a\x01\x61\x12\x01\x62"                                           // the header
      "\x32\x09\x0a\x07\x0a\x01k\x12\x02\x20\x01",                                 // the metadata
      2 + 19 + 10 + 8 + 11);
  EXPECT_EQ(bytes, expected);
}

TEST(RlsWire, WritesAnAnswerAsJson) {
  std::string text;
  write_rls_json(sample_response(), text);
  EXPECT_EQ(text,
            R"({"overallCode":"OVER_LIMIT","statuses":[{"code":"OVER_LIMIT","currentLimit":)"
            R"({"requestsPerUnit":300,"unit":"HOUR","name":"n"},"durationUntilReset":"3600s"},)"
            R"({"code":"OK","limitRemaining":4294967295}],"responseHeadersToAdd":)"
            R"([{"key":"a","value":"b"}],"dynamicMetadata":{"k":true}})");
}

bool reads(const std::string& text, RlsRequest& request) {
  static json::Value kept;  // what the request's texts are views of
  auto document = json::parse(text);
  if (!document.ok()) return false;
  kept = std::move(*document);
  request.clear();
  return read_rls_json(kept, request).ok();
}

TEST(RlsWire, ReadsBothCasesAndBothFormsOfNumbers) {
  RlsRequest request;
  for (const char* hits : {"hitsAddend", "hits_addend"}) {
    for (const char* number : {"2", "\"2\"", "2.0", "\"2e0\"", "2E0"}) {
      const std::string text = std::string(R"({"domain":"d","descriptors":[{")") + hits +
                               "\":" + number + "}],\"" + hits + "\":" + number + "}";
      ASSERT_TRUE(reads(text, request)) << text;
      EXPECT_EQ(request.hits_addend, 2U);
      EXPECT_EQ(request.descriptors.at(0).hits_addend, 2U);
    }
  }
  ASSERT_TRUE(reads(R"({"descriptors":[{"hitsAddend":"18446744073709551615"}]})", request));
  EXPECT_EQ(request.descriptors.at(0).hits_addend, 0xffffffffffffffffU);
}

TEST(RlsWire, RefusesWhatProtojsonRefuses) {
  RlsRequest request;
  for (const char* text : {"[]",
                           "null",
                           R"({"foo":1})",
                           R"({"Domain":"d"})",
                           R"({"domain":1})",
                           R"({"hitsAddend":-1})",
                           R"({"hitsAddend":1.5})",
                           R"({"hitsAddend":4294967296})",
                           R"({"hitsAddend":"4294967296"})",
                           R"({"hitsAddend":" 1"})",
                           R"({"hitsAddend":"1 "})",
                           R"({"hitsAddend":""})",
                           R"({"hitsAddend":true})",
                           R"({"hitsAddend":1,"hits_addend":1})",
                           R"({"descriptors":{}})",
                           R"({"descriptors":[null]})",
                           R"({"descriptors":[{"entries":5}]})",
                           R"({"descriptors":[{"hitsAddend":"18446744073709551616"}]})",
                           R"({"descriptors":[{"limit":{"unit":"WEEK"}}]})",
                           R"({"descriptors":[{"limit":{"unit":"day"}}]})",
                           R"({"descriptors":[{"limit":{"unit":1.5}}]})",
                           R"({"descriptors":[{"isNegativeHits":1}]})",
                           R"({"hits__addend":1})",
                           R"({"hitsaddend":1})",
                           R"({"hits_Addend":1})"}) {
    EXPECT_FALSE(reads(text, request)) << text;
  }
}

}  // namespace
}  // namespace ashlar::limits
