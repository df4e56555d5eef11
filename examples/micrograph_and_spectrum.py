# %% [markdown]
# From a reference to a figure. Run it as a script, or cell by cell in a notebook (Jupyter, VS Code, Spyder).
#
#     pip install 'spacecast[data]' matplotlib
#     export SPACECAST_URL=https://tiled.example.org/api/v1/metadata/datasets

# %%
import matplotlib as mpl

mpl.use("Agg")  # a file, no window; leave this out in a notebook
import matplotlib.pyplot as plt
from spacecast import data

# %% [markdown]
# References need no network, and the files need not be there yet.

# %%
dataset = data.ref("20211227125_Demo")  # `Tiled: Ref` in the metadata file
movie, spectrum = dataset / "stack.mrc", dataset / "spectrum.csv"
data.wait([movie, spectrum], timeout=600)

# %% [markdown]
# Only the frames that are asked for travel. What the header says comes with them.

# %%
stack = data.open(movie)
micrograph = stack[:4].mean(axis=0)
pixel_nm = stack.metadata.get("acquisition", {}).get("pixel_size_x_nm", 1.0)
losses = data.open(spectrum).read()

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
height, width = micrograph.shape
left.imshow(micrograph, cmap="gray", extent=(0, width * pixel_nm, height * pixel_nm, 0))
left.set(title="mean of four frames", xlabel="nm", ylabel="nm")
right.semilogy(losses["energy_loss_eV"], losses["counts"])
right.set(title="energy loss", xlabel="eV", ylabel="counts")
figure.suptitle(str(dataset))
figure.savefig("micrograph_and_spectrum.png", dpi=150)
