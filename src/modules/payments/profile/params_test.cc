#include "modules/payments/profile/params.h"

#include <gtest/gtest.h>

#include "modules/payments/profile/list_pages.h"
#include "modules/payments/profile/metadata.h"
#include "modules/payments/profile/profile_error.h"

namespace ashlar::payments::profile {
namespace {

// The fault of reading `form` so, as a client sees it: "parameter_missing [currency]".
template <class Read>
std::string fault(std::string_view encoded, const Read& read) {
  const Form form = *Form::parse(encoded);
  Params params(form.root());
  read(params);
  const base::Status done = params.finish();
  if (done.ok()) return "";
  const ErrorBody body = error_body(done.error());
  return std::string(done.error().reason) + " [" + body.param + "]";
}

TEST(ParamsTest, ReadsWhatIsThere) {
  const Form form = *Form::parse(
      "amount=5&currency=usd&confirm=true&empty=&types[]=a&types[]=b&metadata[k]=v&metadata[gone]"
      "=");
  Params params(form.root());
  EXPECT_EQ(params.need_integer("amount", 1, 10), 5);
  EXPECT_EQ(params.need_text("currency"), "usd");
  EXPECT_EQ(params.boolean("confirm"), true);
  EXPECT_EQ(params.text("empty"), "");
  EXPECT_EQ(params.text("absent"), std::nullopt);
  EXPECT_EQ(params.list("types"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(params.pairs("metadata"), (Pairs{{"k", "v"}, {"gone", ""}}));
  EXPECT_TRUE(params.finish().ok());
}

TEST(ParamsTest, NamesTheFirstFault) {
  const auto need = [](Params& p) {
    p.need_integer("amount", 1, 10);
    p.need_text("currency");
  };
  EXPECT_EQ(fault("currency=usd", need), "parameter_missing [amount]");
  EXPECT_EQ(fault("amount=x&currency=usd", need), "parameter_invalid_integer [amount]");
  EXPECT_EQ(fault("amount=11&currency=usd", need), "parameter_invalid_integer [amount]");
  EXPECT_EQ(fault("amount=1.0&currency=usd", need), "parameter_invalid_integer [amount]");
  EXPECT_EQ(fault("amount=9223372036854775808&currency=usd", need),
            "parameter_invalid_integer [amount]");
  EXPECT_EQ(fault("amount=&currency=usd", need), "parameter_invalid_integer [amount]");
  EXPECT_EQ(fault("amount[a]=1&currency=usd", need), "parameter_invalid [amount]");
  EXPECT_EQ(fault("amount=1&currency=", need), "parameter_invalid_empty [currency]");
  EXPECT_EQ(fault("amount=1&currency=usd&color=red", need), "parameter_unknown [color]");
  EXPECT_EQ(fault("b=yes", [](Params& p) { p.boolean("b"); }), "parameter_invalid [b]");
  EXPECT_EQ(fault("c=d", [](Params& p) { p.choice("c", {"a", "b"}); }), "parameter_invalid [c]");
  EXPECT_EQ(fault("l[a][b]=1", [](Params& p) { p.list("l"); }), "parameter_invalid [l]");
  EXPECT_EQ(fault("m[a][b]=1", [](Params& p) { p.pairs("m"); }), "parameter_invalid [m[a]]");
}

TEST(MetadataTest, AnEmptyTextUnsetsAll) {
  const Form form = *Form::parse("metadata=");
  Params params(form.root());
  const auto sent = params.pairs("metadata");
  EXPECT_TRUE(unsets_all(sent));
  EXPECT_FALSE(unsets_all(Pairs{{"a", ""}}));
  EXPECT_FALSE(unsets_all(std::nullopt));
  EXPECT_EQ(without({{"a", "1"}, {"b", "2"}}), (Pairs{{"a", ""}, {"b", ""}}));
  EXPECT_EQ(new_metadata(params), Pairs{});
}

Window window_of(std::string_view encoded) {
  const Form form = *Form::parse(encoded);
  Params params(form.root());
  const Window window = window_in(params, true);
  EXPECT_TRUE(params.finish().ok()) << encoded;
  return window;
}

TEST(ListPagesTest, Windows) {
  const auto at = [](std::int64_t s) { return base::Time(base::Seconds(s)); };
  EXPECT_EQ(window_of("").limit, 10);
  EXPECT_EQ(window_of("limit=100&starting_after=pi_1").starting_after, "pi_1");
  EXPECT_EQ(window_of("created=5").from, at(5));
  EXPECT_EQ(window_of("created=5").until, at(6));
  EXPECT_EQ(window_of("created[gte]=5").from, at(5));
  EXPECT_EQ(window_of("created[gt]=5").from, at(6));
  EXPECT_EQ(window_of("created[lt]=5").until, at(5));
  EXPECT_EQ(window_of("created%5Blte%5D=5").until, at(6));
  const auto read = [](Params& p) { window_in(p, true); };
  EXPECT_EQ(fault("limit=0", read), "parameter_invalid_integer [limit]");
  EXPECT_EQ(fault("limit=101", read), "parameter_invalid_integer [limit]");
  EXPECT_EQ(fault("created[gte]=x", read), "parameter_invalid_integer [created[gte]]");
  EXPECT_EQ(fault("created[after]=1", read), "parameter_unknown [created[after]]");
  EXPECT_EQ(fault("starting_after=a&ending_before=b", read),
            "parameters_exclusive [ending_before]");
}

// 0 … 999, newest (greatest) first, in pages as Reads gives them.
base::Result<Listed<int>> numbers(const Window& window) {
  constexpr int kMost = 1000;
  Listed<int> page;
  if (!window.ending_before.empty()) {
    const int after = std::stoi(window.ending_before);
    for (int i = after + 1; i < kMost; ++i) {
      if (static_cast<std::int64_t>(page.rows.size()) == window.limit) {
        page.has_more = true;
        break;
      }
      page.rows.insert(page.rows.begin(), i);
    }
    return page;
  }
  for (int i = window.starting_after.empty() ? kMost - 1 : std::stoi(window.starting_after) - 1;
       i >= 0; --i) {
    if (static_cast<std::int64_t>(page.rows.size()) == window.limit) {
      page.has_more = true;
      break;
    }
    page.rows.push_back(i);
  }
  return page;
}

TEST(ListPagesTest, SiftLooksFurtherUntilThereAreEnough) {
  const auto hundreds = [](const Window& window) {
    return *sift<int>(
        window, numbers, [](const int& i) { return i % 100 == 0; },
        [](const int& i) { return std::to_string(i); });
  };
  Window window;
  window.limit = 3;
  EXPECT_EQ(hundreds(window).rows, (std::vector<int>{900, 800, 700}));
  EXPECT_TRUE(hundreds(window).has_more);
  window.starting_after = "300";
  EXPECT_EQ(hundreds(window).rows, (std::vector<int>{200, 100, 0}));
  EXPECT_FALSE(hundreds(window).has_more);
  window.starting_after.clear();
  window.ending_before = "200";
  EXPECT_EQ(hundreds(window).rows, (std::vector<int>{500, 400, 300}));
  EXPECT_TRUE(hundreds(window).has_more);
  window.ending_before = "600";
  EXPECT_EQ(hundreds(window).rows, (std::vector<int>{900, 800, 700}));
  EXPECT_FALSE(hundreds(window).has_more);
}

}  // namespace
}  // namespace ashlar::payments::profile
