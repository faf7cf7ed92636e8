// The story of a payment, as people read it: on both engines.
#include "modules/payments/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "modules/payments/testing/payments_fixture.h"

namespace ashlar::payments {
namespace {

class ExplainTest : public PaymentsFixture {
 protected:
  Story story(const std::string& id) {
    auto told = process_->db->read(storage::Context::tenant(kAda),
                                   [&](storage::Transaction& tx) { return story_of(tx, id); });
    EXPECT_TRUE(told.ok()) << told.error().detail;
    return told.ok() ? *told : Story{};
  }
  static std::vector<std::string> texts(const Story& story, std::string_view what) {
    std::vector<std::string> found;
    for (const StoryLine& line : story.lines) {
      if (line.what == what) found.push_back(line.text);
    }
    return found;
  }
};
INSTANTIATE_TEST_SUITE_P(Storage, ExplainTest, storage::both_engines(), storage::engine_name);

TEST_P(ExplainTest, AmountsAreDecimalsOfTheirCurrency) {
  const std::string id = id_of(create(wanted(1050), "k1"));
  confirm(id, "k2");
  capture(id, 700, true, "k3");
  refund(id, 5, "k4");
  const Story told = story(id);
  EXPECT_EQ(told.summary, "10.50 USD, captured 7.00 USD, refunded 0.05 USD");
  EXPECT_EQ(texts(told, "payment.created"), std::vector<std::string>{"10.50 USD"});
  EXPECT_EQ(
      texts(told, "held"),
      std::vector<std::string>{"provider:north:usd 10.50 USD -> merchant:pending:usd 10.50 USD"});
  EXPECT_EQ(
      texts(told, "hold posted"),
      std::vector<std::string>{"provider:north:usd 7.00 USD -> merchant:pending:usd 7.00 USD"});
  const std::vector<std::string> answered = texts(told, "capture answered");
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_TRUE(answered[0].starts_with("applied, 7.00 USD, fee 0.03 USD")) << answered[0];
}

TEST_P(ExplainTest, YenHaveNoDigitsBehindThePoint) {
  NewPayment made = wanted(1050);
  made.currency = "jpy";
  EXPECT_EQ(story(id_of(create(made, "k1"))).summary, "1050 JPY");
}

TEST_P(ExplainTest, AsTextItIsALineEachInColumnsWithTheRequestAndItsKey) {
  const std::string id = id_of(create(wanted(1050), "k1"));
  confirm(id, "k2");
  const Story told = story(id);
  const std::string text = story_text(told);
  EXPECT_TRUE(text.starts_with(id + "  capturable  10.50 USD\n")) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<long>(told.lines.size()) + 1);
  // What is to the left of a line's kind is as wide in each.
  for (const StoryLine& line : told.lines) {
    const std::size_t at =
        text.find("  " + line.kind + " ", text.find(base::format_rfc3339(line.at)));
    EXPECT_EQ(at - text.rfind('\n', at), 28u) << text;
  }
  EXPECT_NE(text.find(", key k2]"), std::string::npos) << text;
}

}  // namespace
}  // namespace ashlar::payments
