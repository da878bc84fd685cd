#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "proto/msrp/syntax.hpp"

namespace {

// The names of one kind in tests/data/registry/msrp.csv, a copy of the IANA tables.
std::set<std::string> registered(const std::string& kind) {
  std::ifstream file(std::string(POSTERN_SOURCE_DIR) + "/tests/data/registry/msrp.csv");
  std::set<std::string> names;
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(','), second = line.find(',', first + 1);
    if (line.substr(0, first) == kind) names.insert(line.substr(first + 1, second - first - 1));
  }
  return names;
}

TEST(Registry, NamesOurMethods) {
  const std::set<std::string> ours(msrp::registered_methods.begin(), msrp::registered_methods.end());
  EXPECT_EQ(ours, registered("method"));
}

TEST(Registry, NamesOurHeaderFields) {
  const std::set<std::string> ours(msrp::registered_fields.begin(), msrp::registered_fields.end());
  EXPECT_EQ(ours, registered("header"));
}

TEST(Registry, NamesOurStatusCodesAndEachHasAPhrase) {
  std::set<std::string> ours;
  for (const auto& known : msrp::registered_codes) {
    ours.insert(std::to_string(known.code));
    EXPECT_FALSE(known.phrase.empty());
    EXPECT_EQ(msrp::phrase(known.code), known.phrase);
  }
  EXPECT_EQ(ours, registered("status"));
}

}  // namespace
