#include "proto/h248/error.hpp"

namespace h248 {

std::string to_string(const Error& error) {
  return "line " + std::to_string(error.line) + ", octet " + std::to_string(error.column) + ": " + error.what;
}

}  // namespace h248
