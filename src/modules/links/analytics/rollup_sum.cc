#include "modules/links/analytics/rollup_sum.h"

#include <utility>

namespace ashlar::links::analytics {

class RollupSum::Adder final : public RollupParts {
 public:
  explicit Adder(RollupSum& sum) : sum_(sum) {}

  void head(std::int64_t kept, const Tally& all, VisitorSketch visitors) override {
    sum_.kept_ += kept;
    sum_.all_ += all;
    added_ = {all, std::move(visitors)};
  }
  void rest(Dimension dimension, const Tally& tally) override {
    sum_.rest_.at(index_of(dimension)) += tally;
  }
  void value(Dimension dimension, std::string_view value, const Tally& tally) override {
    Values& values = sum_.values_.at(index_of(dimension));
    auto at = values.find(value);
    if (at == values.end()) at = values.emplace(std::string(value), Tally{}).first;
    at->second += tally;
  }

  Added take() { return std::move(added_); }

 private:
  RollupSum& sum_;
  Added added_;
};

base::Result<RollupSum::Added> RollupSum::add(std::string_view data) {
  Adder adder(*this);
  ASHLAR_TRY(Rollup::read(data, adder));
  return adder.take();
}

void RollupSum::each_value(Dimension dimension,
                           const std::function<void(std::string_view, const Tally&)>& sink) const {
  for (const auto& [value, tally] : values_.at(index_of(dimension))) sink(value, tally);
}

}  // namespace ashlar::links::analytics
