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
  void rest(Dimension dimension, const Tally& tally, std::int64_t missed) override {
    missed_ = missed;
    sum_.values_.at(index_of(dimension)).add_rest(tally, missed);
  }
  void value(Dimension dimension, std::string_view value, const Tally& tally,
             std::int64_t missed) override {
    sum_.values_[index_of(dimension)].add(value, tally, tally.clicks + missed - missed_);
  }

  Added take() { return std::move(added_); }

 private:
  RollupSum& sum_;
  Added added_;
  std::int64_t missed_ = 0;  // of the dimension that is read
};

base::Result<RollupSum::Added> RollupSum::add(std::string_view data) {
  Adder adder(*this);
  ASHLAR_TRY(Rollup::read(data, adder));
  return adder.take();
}

}  // namespace ashlar::links::analytics
