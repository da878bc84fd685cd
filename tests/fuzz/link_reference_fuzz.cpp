// Links against the reference: the input is the chance of which messages, and where they are cut, are made.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/support/link_comparison.hpp"

namespace {

/// The input's octets, then zeros.
class InputRandom final : public base::Random {
 public:
  InputRandom(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  void fill(std::span<std::byte> out) override {
    // One octet of input for each value: a small choice is the rule.
    std::ranges::fill(out, std::byte{0});
    if (!out.empty() && !over()) out.front() = static_cast<std::byte>(data_[at_++]);
    if (out.size() > 1 && !over() && out.front() >= std::byte{240})
      out[1] = static_cast<std::byte>(data_[at_++]);
  }
  bool over() const { return at_ >= size_; }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  InputRandom random(data, size);
  test::LinkComparison comparison(random);
  for (unsigned turn = 0; turn < 4 && !random.over(); ++turn) {
    comparison.hear(turn % 2, comparison.stream(turn % 2));
    if (comparison.agrees()) continue;
    std::fprintf(stderr, "broken: the link does not say what the reference says\n");
    std::abort();
  }
  return 0;
}
