// selector: does an object carry the labels that a label selector asks for?
#pragma once

#include "base/value.h"

enum kube_selected { KUBE_SELECTED_NO, KUBE_SELECTED, KUBE_SELECTED_UNSURE };

// `selector` as lists take it: "app=web,tier in (a,b),!old"; NULL or "" selects everything. UNSURE
// when it is not understood. By the rules of k8s.io/apimachinery/pkg/labels.
enum kube_selected kube_selector_match(const char *selector, const struct value *object);
