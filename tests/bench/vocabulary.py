"""The words synthetic bundles are made of. Enough of them that no two texts are alike."""

TREES = (
    "alder", "aspen", "birch", "cedar", "cypress", "hazel", "hickory", "juniper", "larch", "maple",
)  # fmt: skip
PLACES = ("institute", "lab", "observatory", "university")

QUALITIES = (
    "adaptive", "ambient", "coastal", "compact", "daily", "deep", "distant", "dual", "fast",
    "fused", "gridded", "hourly", "hybrid", "layered", "nocturnal", "passive", "quiet", "rapid",
    "regional", "robust", "seasonal", "sparse", "spectral", "steady", "thermal", "tiled", "urban",
    "vertical", "wide", "zonal",
)  # fmt: skip
SUBJECTS = (
    "aerosol", "amphibian", "antler", "bat", "bee", "bird", "canopy", "cloud", "cyclist", "dust",
    "flood", "fog", "frost", "glacier", "grass", "hail", "haze", "insect", "lake", "leaf",
    "lightning", "moth", "mushroom", "noise", "pedestrian", "pollen", "puddle", "rain", "river",
    "sediment", "shadow", "sky", "smoke", "snow", "soil", "sun", "tide", "traffic", "wave", "wind",
)  # fmt: skip
TASKS = (
    "alarm", "archive", "atlas", "census", "classifier", "counter", "detector", "estimator",
    "forecast", "gauge", "index", "locator", "mapper", "meter", "monitor", "predictor", "profiler",
    "recorder", "sampler", "segmenter", "sentinel", "survey", "tracker", "watch",
)  # fmt: skip

METHODS = (
    "a convolutional network", "a vision transformer", "a random forest", "optical flow",
    "a gradient-boosted ensemble", "a U-Net", "a small recurrent network", "spectral clustering",
    "a Kalman filter", "template matching", "a sparse autoencoder", "non-negative factorisation",
)  # fmt: skip
SENSORS = (
    "a fisheye camera", "a microphone", "a rain gauge", "a thermal camera", "a lidar ceilometer",
    "an air quality sensor", "a street-facing camera", "a software-defined radio",
    "a weather transmitter", "a soil moisture probe",
)  # fmt: skip
SETTINGS = (
    "a prairie restoration", "a busy intersection", "an alpine valley", "a city rooftop",
    "a wildfire lookout", "a river gauge station", "a wheat field", "a coastal dune",
    "a national forest", "a harbour wall", "a desert playa", "an orchard",
)  # fmt: skip
QUANTITIES = (
    "fraction", "count", "height", "depth", "intensity", "coverage", "velocity", "density",
)  # fmt: skip
GIVEN_NAMES = (
    "Ada", "Bram", "Chiara", "Daniel", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jonas", "Kavya",
    "Lars", "Mei", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tova", "Umar", "Vera",
    "Wanda", "Xiomara", "Yusuf", "Zofia",
)  # fmt: skip
FAMILY_NAMES = (
    "Abebe", "Bergström", "Castillo", "Dubois", "Eriksen", "Fontaine", "Garcia", "Hashimoto",
    "Ivanova", "Jensen", "Kowalski", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Patel", "Quinn",
    "Rossi", "Schneider", "Tanaka", "Ueda", "Vasquez", "Weber", "Xu", "Yilmaz", "Zhang",
)  # fmt: skip
FUNDERS = (
    "National Science Foundation", "Department of Energy", "European Research Council",
    "Deutsche Forschungsgemeinschaft", "Natural Environment Research Council",
)  # fmt: skip
LICENSES = ("BSD-3-Clause", "MIT", "Apache-2.0", "GPL-3.0-or-later", "MIT OR Apache-2.0")
KEYWORDS = (
    "camera", "audio", "weather", "hydrology", "ecology", "traffic safety", "air quality",
    "deep learning", "radar", "phenology", "agriculture", "wildfire", "atmosphere", "biodiversity",
    "energy", "oceanography", "calibration", "time series", "remote sensing", "citizen science",
)  # fmt: skip

SENTENCES = (
    "This bundle watches {subject} with {sensor} mounted above {setting}.",
    "Every {minutes} minutes it takes {count} samples and reduces them with {method}.",
    "The {quantity} it reports was compared with hand labels of {count} scenes from {setting}.",
    "Errors grow at dawn and dusk, when {subject} is lit from the side and {method} hesitates.",
    "An earlier version ran {method} in the cloud; moving it to the node saves {count} GB a month.",
    "Results below a {quantity} of 0.{minutes} are published with a flag; do not average them.",
    "We chose {method} because it stays accurate when {sensor} is wet, dirty or askew.",
    "Training data came from {count} days at {setting} and were split by week, never by frame.",
    "A node without {sensor} can replay recordings; the {quantity} then carries their time.",
    "Gaps are reported as gaps: {subject} is never interpolated over {minutes} minutes or more.",
    "The model fits into memory beside a second bundle, so {setting} needs no larger board.",
    "Users at {setting} asked for a {quantity} per hour, which is the median of {count} values.",
    "Snow on {sensor} looks like {subject}; a mask from {count} winter scenes removes most of it.",
    "Please cite the release you ran: the {quantity} changed when {method} was trained anew.",
    "Calibration against a reference instrument at {setting} is repeated every {minutes} weeks.",
    "Power draw stays low: {method} wakes only when the {quantity} moves by more than a tenth.",
)  # fmt: skip
