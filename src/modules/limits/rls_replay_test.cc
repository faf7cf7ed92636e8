// A conversation that was recorded with envoyproxy/ratelimit (test/limits/replay), replayed on
// ours: the same answers, to the letter, but for what is named here.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "kit/siphash.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/rls_call.h"
#include "modules/limits/rls_json.h"
#include "modules/limits/rls_service.h"
#include "modules/limits/rls_tree.h"
#include "modules/limits/rule_folder.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::limits {
namespace {

constexpr const char* kFolder = "test/limits/replay/";

class TestCall final : public RlsCall {
 public:
  bool answered = false;
  void on_answered() override { answered = true; }
};

// Objects by key, runs of blanks as one (Go prints protobuf's text with one or two, by chance).
json::Value canonical(const json::Value& value) {
  if (const auto* object = value.if_object()) {
    json::Value::Object out;
    for (const auto& [key, member] : *object) out.emplace_back(key, canonical(member));
    std::ranges::sort(out, {}, [](const auto& member) { return member.first; });
    return json::Value(std::move(out));
  }
  if (const auto* list = value.if_array()) {
    json::Value::Array out;
    for (const auto& item : *list) out.push_back(canonical(item));
    return json::Value(std::move(out));
  }
  if (const auto* text = value.if_string()) {
    std::string out = *text;
    out.erase(
        std::unique(out.begin(), out.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
        out.end());
    return json::Value(std::move(out));
  }
  if (const auto* integer = value.if_integer()) return json::Value(static_cast<double>(*integer));
  return value;
}

struct Line {
  std::string scenario;
  base::Time at;
  std::int64_t status = 0;
  std::string text;  // of the request
  json::Value response;
};

std::vector<Line> read_lines(const std::string& name) {
  std::ifstream in(kFolder + name + ".jsonl");
  std::vector<Line> out;
  for (std::string text; std::getline(in, text);) {
    const auto value = json::parse(text);
    EXPECT_TRUE(value.ok()) << text;
    if (!value.ok()) continue;
    Line& line = out.emplace_back();
    line.scenario = *value->find("scenario")->if_string();
    line.at = base::from_micros(*value->find("at_s")->if_integer() * 1'000'000);
    line.status = *value->find("status")->if_integer();
    const json::Value* request = value->find("request");
    line.text = request != nullptr ? json::to_text(*request) : *value->find("text")->if_string();
    if (const auto* response = value->find("response")) line.response = canonical(*response);
  }
  EXPECT_GT(out.size(), 100U) << name;
  return out;
}

struct Answer {
  std::int64_t status = 400;
  json::Value response;
};

Answer ask(const RlsService& service, LimitState& state, const Line& line) {
  const auto document = json::parse(line.text);
  if (!document.ok()) return {};
  TestCall call;
  if (!read_rls_json(*document, call.request).ok()) return {};
  service.should_rate_limit(call, state, line.at);
  EXPECT_TRUE(call.answered);
  if (!call.status.ok()) return {};
  std::string text;
  write_rls_json(call.response, text);
  return {call.response.overall_code == RlsCode::kOk ? 200 : 429, canonical(*json::parse(text))};
}

struct Recording {
  std::string name;
  RlsService::Options options;
};

std::vector<Recording> recordings() {
  std::vector<Recording> out = {{"plain", {}}, {"headers", {}}, {"shadow", {}}, {"quota", {}}};
  out[1].options.response_headers = true;
  out[1].options.dynamic_metadata = true;
  out[2].options.all_shadow = true;
  out[3].options.all_quota = true;
  return out;
}

// The scenarios of which an answer differs. `count_refused`: as ratelimit counts.
std::set<std::string> differing(const Recording& recording, bool count_refused, bool show) {
  const auto folder = RuleFolder::read(std::string(kFolder) + "rules");
  EXPECT_TRUE(folder.ok());
  const auto files = parse_rls_files(*folder);
  EXPECT_TRUE(files.ok());
  RlsTree::Options tree_options;
  tree_options.all_shadow = recording.options.all_shadow;
  tree_options.all_quota = recording.options.all_quota;
  auto tree = RlsTree::compile(*files, tree_options);
  EXPECT_TRUE(tree.ok());

  RlsService::Options options = recording.options;
  options.count_refused = count_refused;
  RlsService service(options);
  service.use(*tree);
  MemoryState state({}, kit::SipKey{1, 2});
  std::set<std::string> out;
  for (const Line& line : read_lines(recording.name)) {
    const Answer answer = ask(service, state, line);
    if (answer.status == line.status && answer.response == line.response) continue;
    out.insert(line.scenario);
    if (show) {
      ADD_FAILURE() << recording.name << ", " << line.scenario << "\n asked    " << line.text
                    << "\n recorded " << line.status << " " << json::to_text(line.response)
                    << "\n ours     " << answer.status << " " << json::to_text(answer.response);
    }
  }
  return out;
}

using Names = std::set<std::string>;

TEST(RlsReplay, CountingRefusedRequestsOursAreRatelimitsAnswers) {
  for (const Recording& recording : recordings()) {
    Names named;
    // difference f: the metadata of a rule whose metric has another name is kept
    if (recording.name == "headers") named = {"metrics by value"};
    const Names found = differing(recording, true, false);
    EXPECT_EQ(found, named) << recording.name;
    if (found != named) differing(recording, true, true);
  }
}

// Difference a: a request that is refused counts nowhere, where ratelimit counts it, also beyond
// the limit.
TEST(RlsReplay, AllOrNoneDiffersOnlyAfterARefusal) {
  const Names of_one_limit = {"a descriptor's hits_addend", "a limit in the request that changes",
                              "hits_addend", "hits_addend beyond the limit at once"};
  Names of_several = {"a descriptor's hits_addend before the request's", "a quota beside a limit",
                      "the same descriptor twice", "two limits, the first is over"};
  of_several.insert(of_one_limit.begin(), of_one_limit.end());
  Names with_metadata = of_several;
  with_metadata.insert("metrics by value");  // difference f

  for (const Recording& recording : recordings()) {
    const Names found = differing(recording, false, false);
    if (recording.name == "plain") {
      EXPECT_EQ(found, of_several);
    } else if (recording.name == "headers") {
      EXPECT_EQ(found, with_metadata);
    } else {  // nothing is refused, or only where all are over
      EXPECT_EQ(found, of_one_limit) << recording.name;
    }
  }
}

}  // namespace
}  // namespace ashlar::limits
